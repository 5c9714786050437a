import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../free-port.ts';

/** One OpenSSH server to be started: its folder holds key, configuration and log. */
export interface SshdOptions {
  readonly program: string;
  readonly folder: string;
  readonly host: string;
  /** Chosen when absent. */
  readonly port?: number | undefined;
  readonly hostKey: string;
  readonly authorizedKeysPath: string;
  /** `NAME=value` for every command, as HOME. */
  readonly environment: readonly string[];
  /** Further lines of sshd_config. */
  readonly config?: readonly string[] | undefined;
  /** What it is started by, as `ip netns exec NAME`; then a port has to be given. */
  readonly within?: readonly string[];
}

/** A running OpenSSH server. */
export interface Sshd {
  readonly port: number;
  /** Ends it and everything it started. */
  stop(): Promise<void>;
  /** Sends a signal to it and everything it started. */
  signal(name: NodeJS.Signals): Promise<void>;
}

const START_TIMEOUT_MS = 20_000;
const TRIES = 5;

/** Starts sshd in the foreground and waits until it listens; rejects with its own last words. */
export async function startSshd(options: SshdOptions): Promise<Sshd> {
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort(options.host));
    const { pid, log } = await spawnSshd(options, port);
    const failure = await waitUntilListening(pid, log);
    if (failure === undefined) return { port, stop: () => stop(pid), signal: (name) => signalTree(pid, name) };
    await stop(pid);
    // Somebody else took the port between the look and the start.
    if (!failure.includes('already in use') || attempt === TRIES) throw new Error(`sshd did not start: ${failure}`);
  }
}

async function spawnSshd(options: SshdOptions, port: number): Promise<{ pid: number; log: string }> {
  const { folder, hostKey, host, authorizedKeysPath, environment, config = [] } = options;
  await mkdir(folder, { recursive: true });
  const keyPath = join(folder, 'host_key');
  await writeFile(keyPath, hostKey, { mode: 0o600 });
  const lines = [
    `ListenAddress ${host}:${port}`,
    `HostKey ${keyPath}`,
    'PidFile none',
    `AuthorizedKeysFile ${authorizedKeysPath}`,
    'AuthenticationMethods publickey',
    'PermitRootLogin prohibit-password',
    'StrictModes no',
    'UsePAM no',
    'UseDNS no',
    'PrintMotd no',
    'Subsystem sftp internal-sftp',
    `SetEnv ${environment.map((entry) => `"${entry}"`).join(' ')}`,
    ...config,
  ];
  const configPath = join(folder, 'sshd_config');
  await writeFile(configPath, `${lines.join('\n')}\n`);
  const log = join(folder, 'sshd.log');
  await rm(log, { force: true });
  const out = openSync(log, 'a');
  const [command, ...args] = [...(options.within ?? []), options.program, '-D', '-e', '-f', configPath];
  const child = spawn(command, args, { stdio: ['ignore', out, out] });
  closeSync(out);
  child.on('error', () => undefined);
  if (child.pid === undefined) throw new Error(`${command} could not be started`);
  return { pid: child.pid, log };
}

async function waitUntilListening(pid: number, log: string): Promise<string | undefined> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const said = await readFile(log, 'utf8');
    if (said.includes('Server listening on')) return undefined;
    if (!(await isAlive(pid)) || Date.now() > deadline) return said.trim() || 'it said nothing';
    await sleep(20);
  }
}

async function stop(pid: number): Promise<void> {
  if (!(await isAlive(pid))) return;
  send(await treeOf(pid), 'SIGKILL');
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (await isAlive(pid)) {
    if (Date.now() > deadline) throw new Error(`sshd ${pid} does not end`);
    await sleep(10);
  }
}

async function signalTree(pid: number, name: NodeJS.Signals): Promise<void> {
  send(await treeOf(pid), name);
}

function send(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // It has ended since it was listed.
    }
  }
}

/** The process and all its descendants, parents first. */
async function treeOf(pid: number): Promise<number[]> {
  const parents = await parentPids();
  if (!parents.has(pid)) return [];
  const tree = [pid];
  for (const member of tree) {
    for (const [child, parent] of parents) if (parent === member) tree.push(child);
  }
  return tree;
}

/** Every process that is no zombie, with its parent. */
async function parentPids(): Promise<Map<number, number>> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const pairs = await Promise.all(
    pids.map(async (pid) => {
      const parent = await parentOf(Number(pid));
      return parent === undefined ? [] : [[Number(pid), parent] as const];
    }),
  );
  return new Map(pairs.flat());
}

/** Whether the process is there and no zombie. */
async function isAlive(pid: number): Promise<boolean> {
  return (await parentOf(pid)) !== undefined;
}

/** The parent of a process that is no zombie. */
async function parentOf(pid: number): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (stat === undefined) return undefined;
  const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' ? undefined : Number(parent);
}
