import type { RelayPlace, Shipment, ShipmentResult, Transport } from '../contract/transport.ts';
import type { Sha256 } from '../domain/digest.ts';
import { failed } from './ask.ts';
import { askPartial } from './partial-file.ts';
import { createPlaces } from './places.ts';
import { overNetwork } from './relay-pull.ts';
import { createSwarm, type Swarm } from './relay-swarm.ts';
import { type Attempt, accused, mayServe, type Relaying, type RelayOptions, wayOf } from './relaying.ts';

const SWARMS_KEPT = 32;

/**
 * Nodes that have verified a block pass it on. Each pulls from the nearest node of the plan's tree that still serves, then from those
 * before it, the source last; where no link is open the worker joins two sessions. The engine hashes the whole before the rename.
 */
export function createRelayTransport(options: RelayOptions): Transport {
  const swarms = new Map<Sha256, Swarm>();
  const swarmOf = (digest: Sha256): Swarm => {
    const swarm = swarms.get(digest) ?? createSwarm(options.sessions);
    swarms.set(digest, swarm);
    for (const [old, { idle }] of swarms) if (swarms.size > SWARMS_KEPT && idle() && old !== digest) swarms.delete(old);
    return swarm;
  };
  const relaying: Relaying = { ...options, swarmOf, places: createPlaces(), liars: new Set() };
  return {
    name: 'relay',
    async unusable({ source, target }) {
      const apart = [source, target].find(({ untrusted }) => untrusted === true);
      return apart === undefined ? undefined : `${apart.name} is marked untrusted: nothing is relayed from or to it`;
    },
    async send(shipment) {
      const direct = await overNetwork(relaying, shipment);
      if (shipment.relay?.ahead === true || isOver(direct.result, shipment)) return told(direct);
      const joined = await throughWorker(relaying, shipment, direct);
      return told({ ...joined, result: goneOn(direct.result, joined.result) });
    },
  };
}

/** What can be gone on with by one way can be gone on with. */
function goneOn(direct: ShipmentResult, joined: ShipmentResult): ShipmentResult {
  if (joined.kind === 'arrived' || direct.kind === 'arrived') return joined;
  return { ...joined, resumable: direct.resumable || joined.resumable };
}

function isOver(result: ShipmentResult, { signal }: Shipment): boolean {
  return result.kind === 'arrived' || signal.aborted || result.reason === 'no_space';
}

function told({ result, left }: Attempt): ShipmentResult {
  const detail = [...(result.detail === undefined ? [] : [result.detail]), ...left].join('; ').slice(0, 300);
  return { ...result, detail };
}

/** The nearest node that has the whole file gives it, over two sessions of the worker; what arrived is compared at once, so that a liar is known. */
async function throughWorker(relaying: Relaying, shipment: Shipment, before: Attempt): Promise<Attempt> {
  const left = [...before.left, ...(before.result.kind === 'failed' ? [before.result.detail] : [])];
  // What lies beside the worker is nearer than any node.
  const { from } = wayOf(shipment);
  const near = from.filter(({ node }) => node.name === shipment.source.name || !shipment.source.local);
  let result: ShipmentResult = failed('no_route', 'nobody has the file', 'final');
  for (const place of near) {
    if (!mayServe(relaying, place.node)) continue;
    result = await oneThrough(relaying, shipment, place);
    if (isOver(result, shipment)) return { result, left };
    if (result.kind === 'failed') left.push(result.detail);
  }
  return { result, left: left.slice(0, -1) };
}

async function oneThrough(
  relaying: Relaying,
  shipment: Shipment,
  { node, ended }: RelayPlace,
): Promise<ShipmentResult> {
  const { sessions, through } = relaying;
  const { signal, digest, source } = shipment;
  await Promise.race([ended, whenAborted(signal)]);
  const theirs = { source: node, sourceFolder: node.modelsDir ?? '', sourcePath: shipment.file };
  const other = { ...shipment, ...(node.name === source.name ? {} : theirs) };
  const unusable = await through.unusable(other);
  if (unusable !== undefined) return failed('no_route', unusable, 'final');
  const result = await through.send(other);
  if (result.kind === 'failed') return result;
  const arrived = await askPartial(sessions, shipment, 'partial-digest');
  if (arrived === digest) return { ...result, detail: `from ${node.name} through the worker` };
  if (typeof arrived !== 'string') return arrived;
  const removed = await askPartial(sessions, shipment, 'remove-partial');
  return typeof removed === 'string' ? failed('altered', accused(relaying, shipment, node)) : removed;
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
