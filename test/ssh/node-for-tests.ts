import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { ScriptRun } from '../../src/contract/sessions.ts';
import { Node } from '../../src/domain/node.ts';

/** A node as the inventory would give it. */
export function nodeForTests(fields: Partial<Node> & { name: string }): Node {
  return Node.parse({
    addresses: [{ host: '127.0.0.1', port: 1 }],
    user: 'nobody',
    keyFile: null,
    proxy: null,
    local: false,
    root: null,
    venv: null,
    modelsDir: null,
    role: 'gpu',
    status: 'ready',
    provider: 'test',
    gpu: null,
    ephemeral: false,
    note: null,
    coordinator: false,
    active: true,
    noTargetBecause: null,
    ...fields,
  });
}

/** A run with the limits that most cases do not care about. */
export function scriptRun(script: string, fields: Partial<ScriptRun> = {}): ScriptRun {
  return { name: 'test', script, args: [], timeoutMs: 15_000, outputBytesMax: 1_000_000, ...fields };
}

/** How many processes of this machine have the text in their arguments. */
export async function processesWith(text: string): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid=,stat=,args='], { maxBuffer: 16_000_000 });
  // A zombie has ended; only its parent has not asked yet.
  return stdout.split('\n').filter((line) => line.includes(text) && !/^\s*\d+\s+Z/.test(line)).length;
}

/** Waits until the answer is right; the last answer when the time is over. */
export async function poll<Value>(
  ask: () => Promise<Value>,
  right: (value: Value) => boolean,
  timeoutMs = 5_000,
): Promise<Value> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await ask();
    if (right(value) || Date.now() > deadline) return value;
    await sleep(20);
  }
}

let sleeps = 0;

/** A number of seconds for `sleep` that no other process on this machine uses. */
export function uniqueSeconds(): string {
  sleeps += 1;
  return `${100_000 + (process.pid % 100_000)}.${String(sleeps).padStart(4, '0')}`;
}

/** The output of a run as text; its reason when there is none. */
export function textOf(result: { kind: string; stdout?: Uint8Array; reason?: string; detail?: string }): string {
  return result.stdout === undefined
    ? `${result.reason}: ${result.detail}`
    : Buffer.from(result.stdout).toString('utf8');
}
