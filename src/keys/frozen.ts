import { readFile } from 'node:fs/promises';

/** Reads the file with which a machine's owner forbids every change of its worker: its first line is the reason. Undefined: there is none. */
export function createFrozen(file: string): () => Promise<string | undefined> {
  return async () => {
    try {
      const [line = ''] = (await readFile(file, 'utf8')).split('\n');
      return `a file named readonly is in its state folder${line.trim() === '' ? '' : ` (${line.trim().slice(0, 200)})`}`;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  };
}
