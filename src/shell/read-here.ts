import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { Fact } from '../contract/fact.ts';
import { Fault } from '../domain/fault.ts';

/** Asks a fact about one file of this machine; undefined when the path leads to no file. A Fault says why there is no answer. */
export async function readHere<T>(
  path: string,
  factOf: (dir: string, folderId: string, names: readonly string[]) => Fact<ReadonlyMap<string, T>>,
): Promise<T | undefined> {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return undefined;
  const name = basename(path);
  return (await run(factOf(dirname(resolve(path)), 'any', [name]))).get(name);
}

async function run<T>(fact: Fact<T>): Promise<T> {
  const child = spawn('/bin/sh', ['-c', fact.script, 'medic', ...fact.args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: fact.timeoutMs,
    killSignal: 'SIGKILL',
  });
  const stdout: Buffer[] = [];
  let stderr = '';
  let bytes = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > fact.outputBytesMax) child.kill('SIGKILL');
    else stdout.push(chunk);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = `${stderr}${chunk.toString()}`.slice(0, 4_000);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', () => reject(new Fault('no_tool', 'no /bin/sh can be started')));
    child.once('close', (number) => resolve(number));
  });
  if (code === null)
    throw bytes > fact.outputBytesMax
      ? new Fault('too_much_output', 'more output than any honest answer has')
      : new Fault('timeout', `no answer within ${fact.timeoutMs / 1_000} s`);
  return fact.parse({ code, stdout: Buffer.concat(stdout), stderr });
}
