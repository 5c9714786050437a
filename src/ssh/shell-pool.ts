import type { ScriptResult, ScriptRun, Sessions } from '../contract/sessions.ts';
import { Fault } from '../domain/fault.ts';
import { type OpenChannel, unknown } from './channel.ts';
import { createGate, type Gate } from './gate.ts';
import type { ResidentShell, RunEnd } from './resident-shell.ts';
import { assertPassable } from './shell-program.ts';
import { createShellSupply } from './shell-supply.ts';
import { unlessAborted } from './stop.ts';
import { runStream } from './stream-run.ts';

/** A result, and whether the node may have begun the script: only a run that was not begun may be tried again. */
export type Attempt = { readonly started: boolean; readonly result: ScriptResult };

/** Runs scripts over one connection. */
export type ShellPool = {
  run(run: ScriptRun): Promise<Attempt>;
  /** Ends every shell with what it runs. */
  close(): Promise<void>;
};

/** Keeps at most `shellsMax` shells and `streamsMax` channels for streams beside them; more runs wait for their turn. */
export function createShellPool(options: {
  open: OpenChannel;
  newMark: () => string;
  shellsMax: number;
  streamsMax: number;
  graceMs: number;
  /** Called when a node does not confirm that a script was ended: its connection should not be used again. */
  onStuck: () => void;
}): ShellPool {
  const { open, newMark, graceMs, onStuck } = options;
  const places = createGate(options.shellsMax);
  const streams = createGate(options.streamsMax);
  const supply = createShellSupply({ open, graceMs, places });

  const withShell = async (use: (shell: ResidentShell) => Promise<Attempt>): Promise<Attempt> => {
    for (;;) {
      const attempt = await withPlace(places, async () => {
        const shell = await supply.take();
        return shell === 'full' ? shell : use(shell).finally(() => supply.giveBack(shell));
      });
      if (attempt !== 'full') return attempt;
    }
  };

  /** `begin` is called when the node is about to get the script. */
  const runOn = async (shell: ResidentShell, run: ScriptRun, begin: () => void): Promise<Attempt> => {
    if (run.signal?.aborted) return cancelledBefore;
    const channel = isFlowing(run) ? await supply.openStream() : undefined;
    begin();
    const mark = newMark();
    const end: RunEnd = await (channel ? runStream({ run, channel, guard: shell, mark }) : shell.run(run, mark));
    if (!end.confirmed) onStuck();
    return { started: true, result: end.result };
  };

  return {
    async run(run) {
      assertPassable([run.script, ...run.args]);
      let begun = false;
      const begin = (): void => {
        begun = true;
      };
      const turn = (): Promise<Attempt> => withShell((shell) => runOn(shell, run, begin));
      const attempt = (isFlowing(run) ? withPlace(streams, turn) : turn()).catch(notBegun);
      // A run that still waits for its turn answers at once; when its turn comes it starts nothing.
      const early = await unlessAborted(attempt, run.signal);
      return early ?? (begun ? attempt : cancelledBefore);
    },
    close: () => supply.close(),
  };
}

/** Opens what a run needs by a run of nothing, which also shows whether an open connection still answers. */
export async function warmBy(
  run: (run: ScriptRun) => Promise<ScriptResult>,
  timeoutMs: number,
): ReturnType<Sessions['warm']> {
  const result = await run({ name: 'nothing', script: ':', args: [], timeoutMs, outputBytesMax: 1_000 });
  if (result.kind === 'ended') return { ok: true };
  return { ok: false, reason: result.reason, detail: result.detail };
}

const cancelledBefore: Attempt = { started: false, result: unknown('cancelled', 'the script was ended on request') };

function isFlowing(run: ScriptRun): boolean {
  return run.stdin !== undefined || run.onStdout !== undefined;
}

/** Only opening a channel fails in this way, so the script was not sent. */
function notBegun(error: unknown): Attempt {
  if (!(error instanceof Fault)) throw error;
  return { started: false, result: unknown(error.reason, error.message) };
}

async function withPlace<Value>(gate: Gate, use: () => Promise<Value>): Promise<Value> {
  const { leave } = await gate.enter();
  try {
    return await use();
  } finally {
    leave();
  }
}
