import {
  closeSync,
  createReadStream,
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
import { createInterface } from 'node:readline';
import type { KeptTrail } from '../contract/trail.ts';

const TAIL_BYTES = 256 * 1024;

/** The kept trail in a file that is only appended to, a line of JSON each. */
export function openTrailFile(file: string): KeptTrail {
  return {
    lines: () => (existsSync(file) ? linesIn(file, statSync(file).size) : undefined),
    async tail() {
      const size = existsSync(file) ? statSync(file).size : 0;
      for (let bytes = TAIL_BYTES; bytes < size; bytes *= 4) {
        // The first line of the piece may be half a line.
        const lines = linesOf(lastBytes(file, bytes, size)).slice(1);
        if (lines.some((line) => line.includes('"kind":"seal"'))) return lines;
      }
      return size === 0 ? [] : linesOf(readFileSync(file, 'utf8'));
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

/** Those that are there now: what is appended meanwhile may not be in a Redis that was read before. */
async function* linesIn(file: string, size: number): AsyncGenerator<string> {
  if (size === 0) return;
  for await (const line of createInterface({ input: createReadStream(file, { end: size - 1 }), crlfDelay: Infinity }))
    if (line !== '') yield line;
}

function lastBytes(file: string, count: number, size: number): string {
  const handle = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(count);
    const read = readSync(handle, bytes, 0, count, size - count);
    return bytes.subarray(0, read).toString('utf8');
  } finally {
    closeSync(handle);
  }
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
