import type { ScriptResult, ScriptRun } from '../contract/sessions.ts';
import { type Channel, unknown } from './channel.ts';
import { createMarkedOutput } from './marked-output.ts';
import { cacheRequest, guardRequest, runRequest } from './shell-program.ts';
import { type StopReason, whenToStop } from './stop.ts';

/** What became of a run: its result, and whether the node confirmed that nothing of it is left. */
export type RunEnd = { readonly result: ScriptResult; readonly confirmed: boolean };

/** One `sh` that stays on the node and runs one script at a time. */
export type ResidentShell = {
  run(run: ScriptRun, mark: string): Promise<RunEnd>;
  /** The process group that dies with this shell's input; null: none. */
  guard(group: number | null): void;
  /** Ends the shell and everything it runs; true: the node confirmed it within the grace time. */
  end(): Promise<boolean>;
  readonly usable: () => boolean;
};

const slotsMax = 32;

type Outcome = 'done' | 'closed' | StopReason;

/** Takes over a channel on which `residentCommand` runs. `graceMs`: how long to wait for the node's word that a script has ended. */
export function createResidentShell(options: { channel: Channel; graceMs: number }): ResidentShell {
  const { channel, graceMs } = options;
  const slotOf = createSlots();
  let open = true;
  let onStdout: ((chunk: Buffer) => void) | undefined;
  let onStderr: ((chunk: Buffer) => void) | undefined;

  // Both streams are read at all times: an unread one would stall the other and the end of the channel.
  channel.stdout.on('data', (chunk: Buffer) => onStdout?.(chunk));
  channel.stderr.on('data', (chunk: Buffer) => onStderr?.(chunk));
  void channel.closed.then(() => {
    open = false;
  });

  const end = async (): Promise<boolean> => {
    open = false;
    channel.stdin.end();
    const confirmed = await within(channel.closed, graceMs);
    if (!confirmed) channel.destroy();
    return confirmed;
  };

  return {
    async run(run, mark) {
      const startedAt = performance.now();
      const stdout = createMarkedOutput(mark, run.outputBytesMax);
      const stderr = createMarkedOutput(mark, run.outputBytesMax);
      const stop = whenToStop(run);
      const outcome = await new Promise<Outcome>((resolve) => {
        const bothDone = after(2, () => resolve('done'));
        onStdout = (chunk) => settle(stdout.push(chunk), bothDone, resolve);
        onStderr = (chunk) => settle(stderr.push(chunk), bothDone, resolve);
        void channel.closed.then(() => resolve('closed'));
        void stop.reason.then(resolve);
        const { slot, request } = slotOf(run.script);
        channel.stdin.write(request + runRequest({ slot, mark, args: run.args }));
      });
      onStdout = undefined;
      onStderr = undefined;
      stop.clear();
      if (outcome === 'closed') return { result: brokenOff, confirmed: true };
      if (outcome !== 'done') {
        const confirmed = await end();
        return { result: stopped(outcome, run, confirmed), confirmed };
      }
      const result = { code: Number(stdout.trailer()), stdout: stdout.bytes(), stderr: stderr.bytes() };
      return { result: { kind: 'ended', ...result, ms: performance.now() - startedAt }, confirmed: true };
    },
    guard(group) {
      channel.stdin.write(guardRequest(group));
    },
    end,
    usable: () => open,
  };
}

/** The result of a script whose shell is gone, so that nobody knows how far it came. */
export const brokenOff: ScriptResult = unknown('lost', 'the connection ended before the script did');

/** The result of a script that was ended before its own end. */
export function stopped(reason: StopReason, run: ScriptRun, confirmed: boolean): ScriptResult {
  const why = {
    timeout: `the script was ended after ${run.timeoutMs / 1000} s`,
    cancelled: 'the script was ended on request',
    too_much_output: `the script was ended at ${run.outputBytesMax} bytes of output`,
  }[reason];
  return unknown(reason, confirmed ? why : `${why}; the node did not confirm it`);
}

/** Which scripts the shell remembers, oldest first, and in which slot. */
function createSlots(): (script: string) => { slot: number; request: string } {
  const slots = new Map<string, number>();
  return (script) => {
    const kept = slots.get(script);
    if (kept !== undefined) return { slot: kept, request: '' };
    const oldest = slots.size < slotsMax ? undefined : slots.entries().next().value;
    if (oldest !== undefined) slots.delete(oldest[0]);
    const slot = oldest?.[1] ?? slots.size;
    slots.set(script, slot);
    return { slot, request: cacheRequest(slot, script) };
  };
}

function settle(state: 'more' | 'over' | 'done', done: () => void, resolve: (outcome: Outcome) => void): void {
  if (state === 'over') resolve('too_much_output');
  if (state === 'done') done();
}

function after(times: number, act: () => void): () => void {
  let left = times;
  return () => {
    left -= 1;
    if (left === 0) act();
  };
}

/** Whether the promise settles in time. */
async function within(promise: Promise<unknown>, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), ms);
    void promise.then(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}
