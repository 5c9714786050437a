import type { ScriptResult, ScriptRun } from '../contract/sessions.ts';
import { Fault } from '../domain/fault.ts';
import { type Channel, type OpenChannel, unknown } from './channel.ts';
import { createGate, type Gate } from './gate.ts';
import { createResidentShell, type ResidentShell, type RunEnd } from './resident-shell.ts';
import { assertPassable, residentCommand, streamCommand } from './shell-program.ts';
import { unlessAborted } from './stop.ts';
import { runStream } from './stream-run.ts';

/** A result, and whether the node may have begun the script: only a run that was not begun may be tried again. */
export type Attempt = { readonly started: boolean; readonly result: ScriptResult };

/** The shells of one connection. */
export type ShellPool = {
  run(run: ScriptRun): Promise<Attempt>;
  /** Opens one shell ahead of use; rejects with a `Fault`. */
  warm(): Promise<void>;
  /** Ends every shell with what it runs. */
  close(): Promise<void>;
};

/** Keeps at most `shellsMax` shells and `streamsMax` streaming channels, which together stay below sshd's MaxSessions of 10; more runs wait. */
export function createShellPool(options: {
  open: OpenChannel;
  newMark: () => string;
  shellsMax: number;
  streamsMax: number;
  graceMs: number;
  /** Called when a node does not confirm that a script was ended: its connection should not be used again. */
  onStuck: () => void;
}): ShellPool {
  const { open, newMark, graceMs } = options;
  const places = createGate(options.shellsMax);
  const streams = createGate(options.streamsMax);
  const idle: ResidentShell[] = [];
  const all = new Set<ResidentShell>();

  let opening = 0;

  const openShell = async (): Promise<ResidentShell> => {
    opening += 1;
    const channel = await open(residentCommand).finally(() => {
      opening -= 1;
    });
    const shell = createResidentShell({ channel, graceMs });
    all.add(shell);
    void channel.closed.then(() => all.delete(shell));
    return shell;
  };

  const takeShell = async (): Promise<ResidentShell | 'full'> => {
    for (let shell = idle.pop(); shell !== undefined; shell = idle.pop()) if (shell.usable()) return shell;
    try {
      return await openShell();
    } catch (error) {
      // A server with a lower limit of its own: make do with the shells that are open.
      if (!isRefused(error) || all.size + opening === 0) throw error;
      places.shrink(all.size + opening);
      return 'full';
    }
  };

  const withShell = async (use: (shell: ResidentShell) => Promise<Attempt>): Promise<Attempt> => {
    for (;;) {
      const attempt = await withPlace(places, async () => {
        const shell = await takeShell();
        if (shell === 'full') return 'full';
        const done = await use(shell);
        if (shell.usable()) idle.push(shell);
        return done;
      });
      if (attempt !== 'full') return attempt;
    }
  };

  const openStream = async (): Promise<Channel> => {
    for (;;) {
      try {
        return await open(streamCommand);
      } catch (error) {
        // An idle shell may hold the channel that a server with a lower limit would give.
        const spare = idle.pop();
        if (!isRefused(error) || spare === undefined) throw error;
        await spare.end();
      }
    }
  };

  const finish = (end: RunEnd): Attempt => {
    if (!end.confirmed) options.onStuck();
    return { started: true, result: end.result };
  };

  const stream = (run: ScriptRun, begin: () => void): Promise<Attempt> =>
    withPlace(streams, () =>
      withShell(async (guard) => {
        if (run.signal?.aborted) return cancelledBefore;
        const channel = await openStream();
        begin();
        return finish(await runStream({ run, channel, guard, mark: newMark() }));
      }),
    );

  const plain = (run: ScriptRun, begin: () => void): Promise<Attempt> =>
    withShell(async (shell) => {
      if (run.signal?.aborted) return cancelledBefore;
      begin();
      return finish(await shell.run(run, newMark()));
    });

  return {
    async run(run) {
      assertPassable([run.script, ...run.args]);
      let begun = false;
      const begin = (): void => {
        begun = true;
      };
      const flowing = run.stdin !== undefined || run.onStdout !== undefined;
      const attempt = (flowing ? stream(run, begin) : plain(run, begin)).catch((error: unknown): Attempt => {
        if (!(error instanceof Fault)) throw error;
        return { started: false, result: unknown(error.reason, error.message) };
      });
      // A run that still waits for its turn answers at once; when its turn comes it starts nothing.
      const early = await unlessAborted(attempt, run.signal);
      return early ?? (begun ? attempt : cancelledBefore);
    },
    async warm() {
      if (all.size > 0) return;
      const shell = await openShell();
      idle.push(shell);
    },
    async close() {
      await Promise.all([...all].map((shell) => shell.end()));
    },
  };
}

const cancelledBefore: Attempt = { started: false, result: unknown('cancelled', 'the script was ended on request') };

function isRefused(error: unknown): boolean {
  return error instanceof Fault && error.reason === 'channel_refused';
}

async function withPlace<Value>(gate: Gate, use: () => Promise<Value>): Promise<Value> {
  const { leave } = await gate.enter();
  try {
    return await use();
  } finally {
    leave();
  }
}
