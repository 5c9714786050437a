import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { compiledFolder } from '../../../src/bootstrap/compiled.mjs';

const project = join(import.meta.dirname, '..', '..', '..');

/** How a call of the shell ended; `json` is what stood on standard output when it was asked for with --json. */
export interface MedicRun {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The answer, unchecked: each test compares what it needs of it. */
  readonly json: Record<string, unknown>;
}

/** Runs `medic WORDS` as a person does, through the launcher. */
export async function runMedic(
  config: string,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<MedicRun> {
  const child = spawn(process.execPath, [join(project, 'src', 'bootstrap', 'medic.mjs'), ...words], {
    env: { ...withoutMedic(process.env), MEDIC_CONFIG: config, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => void (texts.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => void (texts.stderr += chunk.toString()));
  const [exit] = await once(child, 'close');
  const json = words.includes('--json') && texts.stdout !== '' ? parse(texts.stdout) : {};
  return { exit: typeof exit === 'number' ? exit : null, ...texts, json };
}

/** A root of the project as a process of its own. */
export interface Root {
  readonly pid: number;
  /** What it sent when it was ready. */
  readonly greeting: unknown;
  log(): string;
  /** Its exit code; null: a signal ended it. */
  readonly exit: Promise<number | null>;
  signal(name: NodeJS.Signals): void;
  /** SIGKILL, and waits for the end. */
  kill(): Promise<void>;
  /** SIGTERM, and waits; after 10 s SIGKILL. */
  stop(): Promise<void>;
}

/** Starts bot or worker, compiled from the sources, and waits until it is ready; rejects with its log when it ends first. */
export async function startRoot(
  name: 'bot' | 'worker',
  config: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Root> {
  const child = fork(join(await compiledFolder(), `${name}.js`), [], {
    env: { ...withoutMedic(process.env), MEDIC_CONFIG: config, MEDIC_WORKER_PORT: '0', PORT: '0', ...env },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let log = '';
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.stderr?.on('data', (chunk: Buffer) => void (log += chunk.toString()));
  const greeting = await new Promise<unknown>((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`the ${name} ended before it was ready (${String(code)}): ${log}`)));
  });
  return {
    pid: child.pid ?? 0,
    greeting,
    log: () => log,
    exit,
    signal: (signal) => void child.kill(signal),
    kill: () => end(child, 'SIGKILL'),
    stop: () => end(child, 'SIGTERM'),
  };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  const hard = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(hard);
}

/** Nothing of the caller's own installation may reach the one under test. */
function withoutMedic(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const ours = /^(MEDIC_(?!REDIS_SERVER)|OTEL_|REDIS_URL|SLACK_|ALERTS_|HOST$|PORT$|NODE_OPTIONS|VITEST)/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !ours.test(name)));
}

function parse(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`no object: ${text}`);
  return { ...value };
}
