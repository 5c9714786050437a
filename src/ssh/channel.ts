import type { Readable, Writable } from 'node:stream';
import type { UnknownReason } from '../domain/fault.ts';

/** One running command on a node with its three streams; an SSH channel or a child process. */
export type Channel = {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Settles once when the command has ended and its output was read; null: it was killed, or the way to it is gone. */
  readonly closed: Promise<number | null>;
  /** Lets go of it without waiting for the node. */
  destroy(): void;
};

/** Opens a channel that runs one of the fixed commands; rejects with a `Fault`. */
export type OpenChannel = (command: string) => Promise<Channel>;

/** The failing half of a script's result. */
export type Unknown = { readonly kind: 'unknown'; readonly reason: UnknownReason; readonly detail: string };

/** Shapes a failure; `detail` is read by people in a chat and names no address, user or path of a key. */
export function unknown(reason: UnknownReason, detail: string): Unknown {
  return { kind: 'unknown', reason, detail };
}
