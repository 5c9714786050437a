import type { RelayPlace, Shipment } from '../contract/transport.ts';
import type { Node } from '../domain/node.ts';
import { isLinked, privatePlace } from '../domain/relay.ts';
import { type Failed, failed } from './ask.ts';
import { type Pulled, type RelayPeer, startPeer } from './relay-peer.ts';
import { relayTake } from './relay-program.ts';
import { type Lent, relaySeconds, type Swarm } from './relay-swarm.ts';
import { type Attempt, accused, mayServe, type Relaying, wayOf } from './relaying.ts';

/** Time to connect with a token (seconds). */
const TOKEN_S = 60;
const PULLS_MAX = 3;

/** One node's receiving end, from the first source that serves it to the last node that takes from it. */
type Receiving = {
  readonly relaying: Relaying;
  readonly shipment: Shipment;
  readonly swarm: Swarm;
  readonly blocks: readonly string[];
  taker?: RelayPeer;
  /** Gives back the place among those that receive in this provider; kept as long as others may wait for this node. */
  leaveProvider?: () => void;
};

/** Pulls from the nearest source that a private network links to the target, and from the next ones when that ends. */
export async function overNetwork(relaying: Relaying, shipment: Shipment): Promise<Attempt> {
  const { target, digest } = shipment;
  const sources = wayOf(shipment).from.filter(({ node }) => mayServe(relaying, node) && isLinked(node, target));
  if (sources.length === 0)
    return { result: failed('no_route', `${target.name} is in no private network with a source`, 'final'), left: [] };
  const swarm = relaying.swarmOf(digest);
  const known = await swarm.blocks(shipment);
  if (!('blocks' in known)) return { result: known, left: [] };
  const receiving: Receiving = { relaying, shipment, swarm, blocks: known.blocks };
  try {
    return await fromFirst(receiving, sources, known.release);
  } finally {
    await known.release();
    const { taker, leaveProvider } = receiving;
    leaveProvider?.();
    if (taker !== undefined) {
      swarm.leave(taker);
      await taker.end();
    }
  }
}

async function fromFirst(
  receiving: Receiving,
  sources: readonly RelayPlace[],
  releaseSource: () => Promise<void>,
): Promise<Attempt> {
  const { relaying, shipment, swarm } = receiving;
  const left: string[] = [];
  let how: 'resumable' | 'final' = 'final';
  for (const place of sources) {
    const lent = await swarm.sourceAt(place, shipment);
    // Until now it was kept for its list of blocks; whoever pulls from it has it by now.
    await releaseSource();
    const pulled = 'peer' in lent ? await pullInTurn(receiving, lent) : lent;
    if (pulled.kind === 'whole') return { result: await arrived(receiving, place.node), left };
    if (pulled.kind === 'failed' && 'peer' in lent) return { result: pulled, left };
    left.push(wordsOf(relaying, shipment, place.node, pulled));
    if (pulled.kind !== 'failed' || pulled.resumable) how = 'resumable';
    if (shipment.signal.aborted) break;
  }
  return { result: failed('cut', left.at(-1) ?? '', how), left: left.slice(0, -1) };
}

function wordsOf(
  relaying: Relaying,
  shipment: Shipment,
  from: Node,
  pulled: Exclude<Pulled, { kind: 'whole' }>,
): string {
  if (pulled.kind === 'bad') return accused(relaying, shipment, from);
  if (pulled.kind === 'cut') return `${from.name}: ${pulled.detail}`;
  if (pulled.kind === 'failed') return `${from.name} does not serve it (${pulled.detail})`;
  return `what ${shipment.target.name} had already could not be gone on with`;
}

/**
 * Waits for a place in the target's provider, then for one at the source. Nobody waits for this node before it has the first, and
 * whoever has a place at a source has the first too: so no circle of waiting can come about.
 */
async function pullInTurn(receiving: Receiving, { peer, release }: Lent): Promise<Pulled> {
  const { relaying, shipment, swarm } = receiving;
  const { rules, places } = relaying;
  const { target, signal } = shipment;
  const leaveProvider =
    receiving.leaveProvider ?? (await places.enter(`to ${target.provider}`, rules.perProvider, signal));
  if (leaveProvider !== undefined) receiving.leaveProvider = leaveProvider;
  const leaveSource = await places.enter(`from ${peer.node.name}`, rules.perSource, signal);
  try {
    const taker = receiving.taker ?? (await startTaker(receiving, peer.node));
    if (!('pull' in taker)) return taker;
    receiving.taker = taker;
    swarm.join(taker);
    return await pullFrom(relaying, taker, peer);
  } finally {
    leaveSource?.();
    await release();
  }
}

async function pullFrom({ newToken }: Relaying, taker: RelayPeer, from: RelayPeer): Promise<Pulled> {
  let pulled: Pulled = { kind: 'stale' };
  for (let pulls = 0; pulls < PULLS_MAX && pulled.kind === 'stale'; pulls += 1) {
    const token = newToken();
    from.grant(taker.node.name, token, TOKEN_S);
    pulled = await taker.pull(from, token);
  }
  return pulled;
}

function startTaker({ relaying, shipment, blocks }: Receiving, from: Node): Promise<RelayPeer | Failed> {
  const { target, targetFolder, targetFolderId, temporary, digest, bytes, signal, onProgress } = shipment;
  const host = privatePlace(target)?.host;
  const seconds = relaySeconds(bytes);
  const rate = rateOf(relaying, shipment, from);
  const about = [digest, String(bytes), target.name, host ?? '', String(seconds), String(rate)];
  return startPeer({
    sessions: relaying.sessions,
    node: target,
    script: relayTake,
    args: [targetFolder, targetFolderId, temporary, ...about],
    host,
    expected: blocks,
    timeoutMs: seconds * 1_000,
    signal,
    onProgress,
  });
}

/** Bytes a second on one link, 0 for no limit: what may reach the target, and its share of what may leave the source. */
function rateOf({ limitOf, rules }: Relaying, { bytesPerSecond }: Shipment, from: Node): number {
  const leaving = limitOf(from);
  const limits = [bytesPerSecond, leaving === undefined ? undefined : leaving / rules.perSource];
  const lowest = Math.min(...limits.map((limit) => limit ?? Number.POSITIVE_INFINITY));
  return Number.isFinite(lowest) ? Math.max(1, Math.floor(lowest)) : 0;
}

/** The receiving end goes on serving until those behind it have their file too, and then ends. */
async function arrived(
  receiving: Receiving,
  from: Node,
): Promise<{ kind: 'arrived'; bytesSent: number; detail: string }> {
  const { taker, swarm, shipment } = receiving;
  if (taker === undefined) throw new Error('a file arrived without a receiver');
  delete receiving.taker;
  const { to } = wayOf(shipment);
  const behind = Promise.race([Promise.all(to.map(({ ended }) => ended)), taker.closed]);
  const gone = behind.then(() => {
    swarm.leave(taker);
    return taker.end();
  });
  if (to.length === 0) await gone;
  return { kind: 'arrived', bytesSent: taker.received(), detail: `from ${from.name}` };
}
