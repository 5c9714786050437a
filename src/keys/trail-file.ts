import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { KeptTrail } from '../contract/trail.ts';

const TAIL_BYTES = 256 * 1024;

/** The kept trail in a file that is only appended to, a line of JSON each. */
export function openTrailFile(file: string): KeptTrail {
  const all = () => (existsSync(file) ? linesOf(readFileSync(file, 'utf8')) : undefined);
  return {
    lines: async () => all(),
    async tail() {
      const size = existsSync(file) ? statSync(file).size : 0;
      if (size <= TAIL_BYTES) return all() ?? [];
      const handle = openSync(file, 'r');
      const bytes = Buffer.alloc(TAIL_BYTES);
      const read = readSync(handle, bytes, 0, TAIL_BYTES, size - TAIL_BYTES);
      closeSync(handle);
      // The first line of the piece may be half a line.
      const lines = linesOf(bytes.subarray(0, read).toString('utf8')).slice(1);
      return lines.some((line) => line.includes('"kind":"seal"')) ? lines : (all() ?? []);
    },
    async append(lines) {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      // One write of whole lines; a line that a lost machine cut off is ended first.
      const text = `${endsCutOff(file) ? '\n' : ''}${lines.join('\n')}\n`;
      const handle = openSync(file, 'a', 0o600);
      try {
        writeFileSync(handle, text);
        fsyncSync(handle);
      } finally {
        closeSync(handle);
      }
    },
  };
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

function endsCutOff(file: string): boolean {
  const size = existsSync(file) ? statSync(file).size : 0;
  if (size === 0) return false;
  const handle = openSync(file, 'r');
  const byte = Buffer.alloc(1);
  readSync(handle, byte, 0, 1, size - 1);
  closeSync(handle);
  return byte.toString() !== '\n';
}
