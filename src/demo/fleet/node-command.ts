import { type ChildProcess, spawn } from 'node:child_process';
import type { ServerChannel } from 'ssh2';

/** A command that runs on a demo node, in a process group of its own. */
export interface NodeCommand {
  /** Sends a signal to the whole group; one that has ended takes none. */
  signal(name: NodeJS.Signals): void;
}

/** Where a demo node's commands run, and as whom. */
export interface CommandPlace {
  readonly home: string;
  readonly user: string;
  /** Marks every process of the node in its environment, so that none can be missed at the end. */
  readonly mark: string;
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Runs a command as sshd would: `sh -c` in the home folder, its three streams on the channel, killed with its group when the channel closes. */
export function startNodeCommand(command: string, channel: ServerChannel, place: CommandPlace): NodeCommand {
  const child = spawn('/bin/sh', ['-c', command], {
    cwd: place.home,
    env: {
      HOME: place.home,
      USER: place.user,
      LOGNAME: place.user,
      SHELL: '/bin/sh',
      PATH,
      MEDIC_DEMO_NODE: place.mark,
    },
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let ended = false;
  const signal = (name: NodeJS.Signals): void => {
    if (!ended) signalGroup(child, name);
  };
  // A command may end without reading its input, and a client may leave without reading the output.
  for (const stream of [child.stdin, child.stdout, child.stderr, channel, channel.stderr]) {
    stream.on('error', () => undefined);
  }
  channel.pipe(child.stdin);
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  channel.on('close', () => signal('SIGKILL'));
  child.on('error', () => {
    channel.exit(127);
    channel.end();
  });
  child.on('close', (code, by) => {
    ended = true;
    if (by) channel.exit(by);
    else channel.exit(code ?? 255);
    channel.end();
  });
  return { signal };
}

function signalGroup(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, name);
  } catch {
    // The group has ended by itself.
  }
}
