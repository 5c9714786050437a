import type { EntryState } from '../domain/entry-state.ts';
import type { Instant, NodeName } from '../domain/names.ts';

/** What a name was when it was looked at last. */
export type Seen = { readonly at: Instant; readonly state: EntryState };

/** What the names on each node were at the last look, and when a change of ours touched a node last; kept over restarts. */
export type LastSeen = {
  /** By file name; empty: nobody has looked yet. */
  of(node: NodeName): Promise<Readonly<Record<string, Seen>>>;
  set(node: NodeName, seen: Readonly<Record<string, Seen>>): Promise<void>;
  /** A change of ours is about to touch this node, or just has. */
  touch(node: NodeName, at: Instant): Promise<void>;
  /** Undefined: none of ours has. */
  touchedAt(node: NodeName): Promise<Instant | undefined>;
};
