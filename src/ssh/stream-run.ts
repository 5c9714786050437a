import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { ScriptRun } from '../contract/sessions.ts';
import { type Channel, unknown } from './channel.ts';
import { createMarkedOutput } from './marked-output.ts';
import { brokenOff, type ResidentShell, type RunEnd, stopped } from './resident-shell.ts';
import { streamGo, streamRequest } from './shell-program.ts';
import { type StopReason, whenToStop } from './stop.ts';

type Outcome = StopReason | 'lost' | 'input_failed' | 'output_refused' | { code: number };

/**
 * Runs a script whose input or output flows through its own channel (on which `streamCommand` runs), with backpressure both ways.
 * An ended input is no sign of a dead caller here, so a resident shell guards the script's process group meanwhile.
 */
export async function runStream(options: {
  run: ScriptRun;
  channel: Channel;
  guard: ResidentShell;
  mark: string;
}): Promise<RunEnd> {
  const { run, channel, guard, mark } = options;
  const startedAt = performance.now();
  const stderr = createMarkedOutput(mark, run.outputBytesMax);
  const output: Buffer[] = [];
  const stop = whenToStop(run);
  const ended = new AbortController();
  const outcome = await new Promise<Outcome>((resolve) => {
    const taken = takeOutput({ run, channel, mark, output, resolve });
    takeErrors({
      channel,
      mark,
      push: (chunk) => stderr.push(chunk) === 'over' && resolve('too_much_output'),
      onGroup: (group) => {
        guard.guard(group);
        channel.stdin.write(streamGo);
        feed(channel.stdin, run.stdin, ended.signal).catch(() => resolve('input_failed'));
      },
    });
    void channel.closed.then(async (code) => {
      // The taker may still be busy with the last chunk.
      await taken();
      resolve(code === null ? 'lost' : { code });
    });
    void stop.reason.then(resolve);
    channel.stdin.write(streamRequest({ mark, script: run.script, args: run.args }));
  });
  stop.clear();
  ended.abort();
  if (typeof outcome === 'object') {
    guard.guard(null);
    const ms = performance.now() - startedAt;
    // The first line after the mark is the number of the process group.
    const errors = stderr.bytes();
    const tail = errors.subarray(errors.indexOf(10) + 1);
    return {
      result: { kind: 'ended', code: outcome.code, stdout: Buffer.concat(output), stderr: tail, ms },
      confirmed: true,
    };
  }
  channel.stdout.removeAllListeners('data').resume();
  const confirmed = await guard.end();
  channel.destroy();
  if (outcome === 'lost') return { result: brokenOff, confirmed };
  if (outcome === 'input_failed')
    return { result: unknown('cancelled', 'the input of the script broke off'), confirmed };
  if (outcome === 'output_refused')
    return { result: unknown('cancelled', 'the output of the script was not taken'), confirmed };
  return { result: stopped(outcome, run, confirmed), confirmed };
}

function takeOutput(options: {
  run: ScriptRun;
  channel: Channel;
  mark: string;
  output: Buffer[];
  resolve: (outcome: Outcome) => void;
}): () => Promise<void> {
  const { run, channel, output, resolve } = options;
  let bytes = 0;
  let taking: Promise<void> = Promise.resolve();
  let waiting = 0;
  const accept = (chunk: Buffer): void => {
    if (chunk.length === 0) return;
    if (run.onStdout === undefined) {
      bytes += chunk.length;
      if (bytes > run.outputBytesMax) resolve('too_much_output');
      else output.push(chunk);
      return;
    }
    const take = run.onStdout;
    const taken = waiting === 0 ? callSafely(take, chunk) : taking.then(() => callSafely(take, chunk));
    if (taken === undefined) return;
    // A paused stream may still give a chunk that was on its way: it waits for its turn.
    waiting += 1;
    channel.stdout.pause();
    taking = taken.then(
      () => {
        waiting -= 1;
        if (waiting === 0) channel.stdout.resume();
      },
      () => resolve('output_refused'),
    );
  };
  channel.stdout.on('data', afterMark(`${options.mark}<`, accept));
  return () => taking;
}

function takeErrors(options: {
  channel: Channel;
  mark: string;
  push: (chunk: Buffer) => unknown;
  onGroup: (group: number) => void;
}): void {
  let head: string | undefined = '';
  const readHead = afterMark(`${options.mark}<`, (chunk) => {
    if (head === undefined) return;
    head += chunk.toString('latin1');
    const group = /^(\d+)\n/.exec(head)?.[1];
    if (group === undefined) return;
    head = undefined;
    options.onGroup(Number(group));
  });
  options.channel.stderr.on('data', (chunk: Buffer) => {
    options.push(chunk);
    if (head !== undefined) readHead(chunk);
  });
}

/** Passes on what follows the mark; what a login shell says before it is no output of the script. */
function afterMark(mark: string, accept: (chunk: Buffer) => void): (chunk: Buffer) => void {
  let before: Buffer | undefined = Buffer.alloc(0);
  return (chunk) => {
    if (before === undefined) return accept(chunk);
    before = Buffer.concat([before, chunk]);
    const at = before.indexOf(mark);
    if (at < 0) {
      before = before.subarray(-mark.length);
      return;
    }
    const rest = before.subarray(at + mark.length);
    before = undefined;
    accept(rest);
  };
}

function callSafely(take: NonNullable<ScriptRun['onStdout']>, chunk: Buffer): Promise<void> | undefined {
  try {
    return take(chunk) ?? undefined;
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Writes the input with backpressure and closes it; stops quietly when the script has ended, and tells the source so. */
async function feed(stdin: Writable, input: ScriptRun['stdin'], ended: AbortSignal): Promise<void> {
  const chunks = input === undefined ? [] : input instanceof Uint8Array ? slices(input) : input;
  for await (const chunk of chunks) {
    if (ended.aborted || stdin.destroyed) return;
    if (stdin.write(chunk)) continue;
    await once(stdin, 'drain', { signal: ended }).catch(() => undefined);
  }
  if (!ended.aborted) stdin.end();
}

function* slices(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}
