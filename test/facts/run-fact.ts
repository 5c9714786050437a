import { spawn } from 'node:child_process';
import type { Fact, Read } from '../../src/contract/fact.ts';

/** How a script is run in tests: which shell, with which environment. */
export type ShellOptions = { readonly shell?: readonly string[]; readonly env?: Readonly<Record<string, string>> };

/** What came of a script. */
export type Ran = { readonly code: number; readonly stdout: Buffer; readonly stderr: string };

/** Runs a script as a node would: `sh -c SCRIPT medic ARGS…`, in a real shell on this machine. */
export async function runScript(script: string, args: readonly string[], options: ShellOptions = {}): Promise<Ran> {
  const [shell = 'sh', ...rest] = options.shell ?? ['sh'];
  const child = spawn(shell, [...rest, '-c', script, 'medic', ...args], {
    cwd: '/',
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that a test can kill a script with all its children.
    detached: true,
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (number) => resolve(number ?? 255));
  });
  return { code, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() };
}

/** Asks this machine a fact. */
export async function runFact<T>(fact: Fact<T>, options: ShellOptions = {}): Promise<T> {
  return fact.parse(await runScript(fact.script, fact.args, options));
}

/** A `read` for checks and repairs that asks this machine, through a shell of one's choice. */
export function readHere(options: ShellOptions = {}): Read {
  return (fact) => runFact(fact, options);
}
