import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { until } from './until.ts';

/** What a reader saw of each file: digest, or the code of an error, with how often. */
export interface Reading {
  readonly rounds: number;
  readonly files: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** A process that opens files in a loop, as a program that plays a model does. */
export interface Reader {
  finish(): Promise<Reading>;
}

/** Starts the reader and waits until it has seen every file once. */
export async function startReader(paths: readonly string[]): Promise<Reader> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'reader.mjs'), ...paths], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => void (said += chunk.toString()));
  await until('the reader has begun', () => said.startsWith('ready\n'));
  return {
    async finish() {
      child.stdin.end();
      await once(child, 'close');
      // The reader is our own: its last line is a Reading.
      return JSON.parse(said.slice('ready\n'.length)) as Reading;
    },
  };
}
