import type { UnknownReason } from '../domain/fault.ts';
import type { AddressName, HostKey } from '../domain/host-key.ts';
import type { Node } from '../domain/node.ts';

/** What known_hosts says about a key that a server showed. */
export type HostKeyVerdict = 'known' | 'changed' | 'unknown' | 'revoked';

/** What one address of a node answered when it was asked for its host key. */
export type AddressAnswer =
  | { readonly at: AddressName; readonly kind: 'shown'; readonly key: HostKey; readonly verdict: HostKeyVerdict }
  | { readonly at: AddressName; readonly kind: 'silent'; readonly reason: UnknownReason; readonly detail: string };

/** What a node's addresses showed, and which keys known_hosts has for it, withdrawn ones left out. */
export type HostKeysSeen = { readonly answers: readonly AddressAnswer[]; readonly recorded: readonly HostKey[] };

/** The worker's own knowledge of which key each host has. No address ever comes out of it. */
export type HostKeys = {
  /** Asks each address of the node, in the order of the inventory, without logging in. */
  look(node: Node): Promise<HostKeysSeen>;
  /**
   * From now on the node is known by this key and by none of the withdrawn ones; connections to it are dropped. May be repeated. The text says
   * why it was not done; `receipt` is noted beside the keys.
   */
  trust(
    node: Node,
    change: { readonly key: HostKey; readonly withdrawn: readonly HostKey[]; readonly receipt: string },
  ): Promise<string | undefined>;
};
