import { closeSync, existsSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Journal } from '../contract/journal.ts';
import { RequestId } from '../domain/names.ts';

/** One empty file a request, created exclusively: whoever creates it runs the request, everybody after that does not. */
export function openFileJournal(folder: string): Journal {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const fileOf = (request: RequestId) => join(folder, RequestId.parse(request));
  return {
    async begin(request) {
      try {
        const file = openSync(fileOf(request), 'wx', 0o600);
        fsyncSync(file);
        closeSync(file);
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
        throw error;
      }
      const directory = openSync(folder, 'r');
      fsyncSync(directory);
      closeSync(directory);
      return true;
    },
    begun: async (request) => existsSync(fileOf(request)),
  };
}
