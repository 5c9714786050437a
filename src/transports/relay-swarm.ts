import type { Sessions } from '../contract/sessions.ts';
import type { RelayPlace, Shipment } from '../contract/transport.ts';
import type { NodeName } from '../domain/names.ts';
import type { Node } from '../domain/node.ts';
import { privatePlace } from '../domain/relay.ts';
import { type Failed, failed } from './ask.ts';
import { type RelayPeer, startPeer } from './relay-peer.ts';
import { relayHold } from './relay-program.ts';

/** A peer that is used for a while; it ends when the last user has released it. */
export type Lent = { readonly peer: RelayPeer; readonly release: () => Promise<void> };

/** All nodes among which the bytes of one digest travel at present. */
export type Swarm = {
  /** What every block must be, as the source's own file says; only after its whole digest was right. */
  blocks(
    shipment: Shipment,
  ): Promise<{ readonly blocks: readonly string[]; readonly release: () => Promise<void> } | Failed>;
  /** Others may take from this one. */
  join(peer: RelayPeer): void;
  leave(peer: RelayPeer): void;
  /** Who serves at a place: whoever receives there now, as soon as it does, or the file that it has when its transfer has ended. */
  sourceAt(place: RelayPlace, shipment: Shipment): Promise<Lent | Failed>;
  readonly idle: () => boolean;
};

/** Longer than a slow node needs (bytes a second); a server that nobody ends is over after that. */
const SLOWEST = 250_000;
const SECONDS_MIN = 600;

/** How long one end of a relay may live at most, seconds. */
export function relaySeconds(bytes: number): number {
  return Math.max(SECONDS_MIN, Math.ceil(bytes / SLOWEST));
}

/** A swarm without members. */
export function createSwarm(sessions: Sessions): Swarm {
  const takers = new Map<NodeName, RelayPeer>();
  const holders = new Map<NodeName, { readonly peer: Promise<RelayPeer | Failed>; users: number }>();
  const waiting = new Set<() => void>();
  let known: readonly string[] | undefined;

  const hold = async (node: Node, folder: string, path: string, shipment: Shipment): Promise<Lent | Failed> => {
    const held = holders.get(node.name) ?? { peer: start(sessions, { node, folder, path, shipment }), users: 0 };
    holders.set(node.name, held);
    held.users += 1;
    const release = async (): Promise<void> => {
      held.users -= 1;
      if (held.users > 0) return;
      if (holders.get(node.name) === held) holders.delete(node.name);
      const peer = await held.peer;
      if ('end' in peer) await peer.end();
    };
    const peer = await held.peer;
    if ('end' in peer) return { peer, release: once(release) };
    await release();
    return peer;
  };
  const holdSource = (shipment: Shipment): Promise<Lent | Failed> =>
    hold(shipment.source, shipment.sourceFolder, shipment.sourcePath, shipment);

  /** The node's own receiving end, or undefined when its transfer is over without one. */
  const appears = async ({ node, ended }: RelayPlace, signal: AbortSignal): Promise<RelayPeer | undefined> => {
    let over = signal.aborted;
    const stop = (): void => {
      over = true;
      wakeAll(waiting);
    };
    signal.addEventListener('abort', stop, { once: true });
    void ended.then(stop);
    // One turn, so that what has ended long ago is known to have.
    await Promise.resolve();
    for (;;) {
      const peer = takers.get(node.name);
      if (peer !== undefined || over) return peer;
      await new Promise<void>((resolve) => waiting.add(resolve));
    }
  };

  return {
    async blocks(shipment) {
      if (known !== undefined) return { blocks: known, release: async () => undefined };
      const lent = await holdSource(shipment);
      if (!('peer' in lent)) return lent;
      known = lent.peer.blocks;
      return { blocks: known, release: lent.release };
    },
    join(peer) {
      takers.set(peer.node.name, peer);
      wakeAll(waiting);
    },
    leave(peer) {
      if (takers.get(peer.node.name) === peer) takers.delete(peer.node.name);
    },
    async sourceAt(place, shipment) {
      if (place.node.name === shipment.source.name) return holdSource(shipment);
      const peer = await appears(place, shipment.signal);
      if (peer !== undefined) return { peer, release: async () => undefined };
      if (shipment.signal.aborted) return failed('cancelled', 'nobody waits for it any more', 'final');
      return hold(place.node, place.node.modelsDir ?? '', shipment.file, shipment);
    },
    idle: () => takers.size === 0 && holders.size === 0,
  };
}

async function start(
  sessions: Sessions,
  { node, folder, path, shipment }: { node: Node; folder: string; path: string; shipment: Shipment },
): Promise<RelayPeer | Failed> {
  const host = privatePlace(node)?.host;
  const seconds = relaySeconds(shipment.bytes);
  return startPeer({
    sessions,
    node,
    script: relayHold,
    args: [folder, path, shipment.digest, String(shipment.bytes), node.name, host ?? '', String(seconds)],
    host,
    timeoutMs: seconds * 1_000,
    // Shared by all who take from it: it ends when the last of them has released it.
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
}

function wakeAll(waiting: Set<() => void>): void {
  for (const wake of waiting) wake();
  waiting.clear();
}

function once(act: () => Promise<void>): () => Promise<void> {
  let done = false;
  return async () => {
    if (done) return;
    done = true;
    await act();
  };
}
