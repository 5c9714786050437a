import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { Changes } from '../contract/changes.ts';
import { CAP_WINDOW_MS, type Change } from '../domain/caps.ts';

const BYTES_MAX = 256 * 1024;

/** The worker's own memory of its changes, a line each in a file: what Redis forgets or was told otherwise does not count here. */
export function openFileChanges(file: string): Changes {
  const read = (nowMs: number): Change[] =>
    existsSync(file)
      ? readFileSync(file, 'utf8')
          .split('\n')
          .flatMap((line) => {
            const [atMs = '', node = ''] = line.split(' ');
            const isOurs = /^\d+$/.test(atMs) && node !== '';
            return isOurs && Number(atMs) > nowMs - CAP_WINDOW_MS ? [{ node, atMs: Number(atMs) }] : [];
          })
      : [];
  return {
    async note(change) {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      if (existsSync(file) && statSync(file).size > BYTES_MAX) {
        const draft = `${file}.${process.pid}`;
        write(draft, 'w', read(change.atMs).map(lineOf).join(''));
        renameSync(draft, file);
      }
      write(file, 'a', lineOf(change));
    },
    lately: async (nowMs) => read(nowMs),
  };
}

function lineOf({ atMs, node }: Change): string {
  return `${atMs} ${node}\n`;
}

function write(file: string, flags: 'a' | 'w', text: string): void {
  const handle = openSync(file, flags, 0o600);
  writeSync(handle, text);
  fsyncSync(handle);
  closeSync(handle);
}
