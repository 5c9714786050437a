import type { UnknownReason } from '../domain/fault.ts';
import type { Node } from '../domain/node.ts';

/** One fixed script to run under `sh` on a node. Values travel as positional arguments or on stdin, never as shell text. */
export type ScriptRun = {
  /** What it is called wherever it is told of; one of few. */
  readonly name: string;
  /** POSIX sh; the same text for every node and every value. */
  readonly script: string;
  /** Positional arguments `$1…`; any bytes but NUL. */
  readonly args: readonly string[];
  /** Given to the script's standard input; absent: an empty input. */
  readonly stdin?: Uint8Array | AsyncIterable<Uint8Array>;
  readonly timeoutMs: number;
  /** Over this many bytes of stdout or of stderr the script is ended and the result is `too_much_output`. */
  readonly outputBytesMax: number;
  /** Receives stdout as it comes, with backpressure; `stdout` of the result is then empty and the cap does not count it. */
  readonly onStdout?: (chunk: Uint8Array) => Promise<void> | void;
  /** Ends the script and its children; the result is `cancelled`. */
  readonly signal?: AbortSignal;
};

/** Success and failure in one shape: a script that ran to its end (whatever its exit code), or the reason why nobody knows. */
export type ScriptResult =
  | {
      readonly kind: 'ended';
      readonly code: number;
      readonly stdout: Uint8Array;
      readonly stderr: Uint8Array;
      readonly ms: number;
    }
  | { readonly kind: 'unknown'; readonly reason: UnknownReason; readonly detail: string };

/** The way to a node's shell. Never throws for what a node or a network can do. */
export type Sessions = {
  run(node: Node, run: ScriptRun): Promise<ScriptResult>;
  /** Opens the connection ahead of use; the answer says whether the node was reached. */
  warm(
    node: Node,
  ): Promise<{ readonly ok: true } | { readonly ok: false; readonly reason: UnknownReason; readonly detail: string }>;
  close(): Promise<void>;
};
