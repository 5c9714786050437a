import type { ScriptRun, Sessions } from '../contract/sessions.ts';
import type { Node } from '../domain/node.ts';
import { ended, type Failed, failed } from './ask.ts';
import { createLines } from './lines.ts';

/** How an attempt to pull ended. `bad`: what came from the source has not the source's digest; `stale`: what lay there before had not. */
export type Pulled =
  | { readonly kind: 'whole' }
  | { readonly kind: 'bad' | 'stale' }
  | { readonly kind: 'cut'; readonly detail: string }
  | Failed;

/** A running end of a relay on a node, as the worker sees it. */
export type RelayPeer = {
  readonly node: Node;
  /** Where others of its network reach it; undefined: it can serve nobody. */
  readonly place: { readonly host: string; readonly port: number } | undefined;
  /** The sha256 of each block of what it holds. */
  readonly blocks: readonly string[];
  /** Lets one node connect once within so many seconds. */
  grant(receiver: string, token: string, seconds: number): void;
  /** Pulls what is missing; one pull at a time. */
  pull(from: RelayPeer, token: string): Promise<Pulled>;
  /** Bytes that came over the network to it. */
  readonly received: () => number;
  readonly closed: Promise<Failed>;
  /** Ends it: nothing listens afterwards. */
  end(): Promise<void>;
};

const OUTPUT_BYTES_MAX = 100_000;

/** Starts one; resolves when it listens or is known to serve nobody. `expected`: the blocks' digests, which it is told. */
export async function startPeer(options: {
  readonly sessions: Sessions;
  readonly node: Node;
  readonly script: string;
  readonly args: readonly string[];
  readonly host: string | undefined;
  readonly expected?: readonly string[];
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onProgress: (bytes: number) => void;
}): Promise<RelayPeer | Failed> {
  const { sessions, node, host, expected = [], onProgress } = options;
  const input = createLines();
  const blocks: string[] = [];
  const started = newAnswer<'ready' | Failed>();
  let port: number | undefined;
  let received = 0;
  let pulling: ReturnType<typeof newAnswer<Pulled>> | undefined;
  const settle = (pulled: Pulled): void => {
    pulling?.settle(pulled);
    pulling = undefined;
  };
  const ready = host === undefined ? new Set(['has', 'holds']) : new Set(['listens', 'deaf']);
  const hear = ([word = '', first = '', second = '', ...rest]: readonly string[]): void => {
    if (word === 'block') blocks.push(first);
    if (word === 'listens') port = Number(first);
    if (word === 'got') {
      received = Number(second);
      onProgress(Number(first));
    }
    if (word === 'whole') settle({ kind: 'whole' });
    if (word === 'bad' || word === 'stale') settle({ kind: word });
    if (word === 'cut') settle({ kind: 'cut', detail: [second, ...rest].join(' ') });
    if (ready.has(word)) started.settle('ready');
  };
  if (expected.length > 0) input.push(expected.join('\n'));
  const run: ScriptRun = {
    name: 'relay',
    script: options.script,
    args: options.args,
    stdin: input.chunks,
    timeoutMs: options.timeoutMs,
    outputBytesMax: OUTPUT_BYTES_MAX,
    signal: options.signal,
    onStdout: lineReader((line) => hear(line.split(' '))),
  };
  const closed = sessions.run(node, run).then((result): Failed => {
    input.end();
    const why =
      result.kind === 'unknown'
        ? failed(result.reason, `${node.name}: ${result.detail}`)
        : ended(node, result.code, result.stderr);
    started.settle(why);
    settle(why);
    return why;
  });
  const first = await started.answer;
  if (first !== 'ready') return first;
  return {
    node,
    place: host === undefined || port === undefined ? undefined : { host, port },
    blocks: expected.length > 0 ? expected : blocks,
    grant: (receiver, token, seconds) => input.push(`grant ${receiver} ${token} ${seconds}`),
    async pull(from, token) {
      const { place } = from;
      if (place === undefined) return { kind: 'cut', detail: 'it does not listen' };
      pulling = newAnswer<Pulled>();
      const { answer } = pulling;
      input.push(`from ${place.host} ${place.port} ${from.node.name} ${token}`);
      return Promise.race([answer, closed]);
    },
    received: () => received,
    closed,
    async end() {
      input.end();
      await closed;
    },
  };
}

function newAnswer<Value>(): { readonly answer: Promise<Value>; readonly settle: (value: Value) => void } {
  let settle: (value: Value) => void = () => undefined;
  const answer = new Promise<Value>((resolve) => {
    settle = resolve;
  });
  return { answer, settle };
}

/** Cuts output into lines; what a node says without a line end is dropped before it fills the memory. */
function lineReader(onLine: (line: string) => void): (chunk: Uint8Array) => void {
  const decoder = new TextDecoder();
  let rest = '';
  return (chunk) => {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = (lines.pop() ?? '').slice(-OUTPUT_BYTES_MAX);
    for (const line of lines) onLine(line);
  };
}
