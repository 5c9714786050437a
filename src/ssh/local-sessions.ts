import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { homedir, userInfo } from 'node:os';
import type { ScriptResult, ScriptRun, Sessions } from '../contract/sessions.ts';
import { Fault } from '../domain/fault.ts';
import { type Channel, unknown } from './channel.ts';
import { createShellPool, warmBy } from './shell-pool.ts';
import { defaultSshLimits } from './ssh-limits.ts';

const usualPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/bin';

/** Sessions on the worker's own machine: the same shells as child processes, in the home folder, without the worker's environment. */
export function createLocalSessions(options: { home?: string; path?: string; graceMs?: number } = {}): Sessions {
  const home = options.home ?? homedir();
  const user = userInfo().username;
  const env = { HOME: home, PATH: options.path ?? usualPath, USER: user, LOGNAME: user };
  let closing = false;
  const shells = createShellPool({
    open: (command) => openChild(command, { home, env }),
    newMark: () => randomBytes(12).toString('hex'),
    shellsMax: defaultSshLimits.shellsPerConnection,
    streamsMax: defaultSshLimits.streamsPerConnection,
    graceMs: options.graceMs ?? defaultSshLimits.graceMs,
    onStuck: () => undefined,
  });
  const run = async (script: ScriptRun): Promise<ScriptResult> =>
    closing ? unknown('cancelled', 'the worker is closing its connections') : (await shells.run(script)).result;
  return {
    run: (_node, script) => run(script),
    warm: () => warmBy(run, defaultSshLimits.connectTimeoutMs),
    async close() {
      closing = true;
      await shells.close();
    },
  };
}

async function openChild(command: string, options: { home: string; env: Record<string, string> }): Promise<Channel> {
  const child = spawn('/bin/sh', ['-c', command], {
    cwd: options.home,
    env: options.env,
    // A session of its own, as sshd gives every command: the shell is then the leader of its process group.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const closed = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  // A script may end without reading its input.
  child.stdin.on('error', () => undefined);
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.on('error', () => reject(new Fault('channel_refused', 'the worker could not start a shell')));
  });
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    closed,
    destroy: () => killGroup(child.pid),
  };
}

function killGroup(group: number | undefined): void {
  try {
    if (group !== undefined) process.kill(-group, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}
