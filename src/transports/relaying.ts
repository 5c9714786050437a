import type { Logger } from '../contract/logger.ts';
import type { Sessions } from '../contract/sessions.ts';
import type { Relay, Shipment, ShipmentResult, Transport } from '../contract/transport.ts';
import type { Sha256 } from '../domain/digest.ts';
import type { NodeName } from '../domain/names.ts';
import type { Node } from '../domain/node.ts';
import type { RelayRules } from '../domain/relay.ts';
import type { Places } from './places.ts';
import type { Swarm } from './relay-swarm.ts';

/** What the transport needs besides the sessions. */
export type RelayOptions = {
  readonly sessions: Sessions;
  /** Carries through the worker what no link between nodes carries. */
  readonly through: Transport;
  readonly rules: Pick<RelayRules, 'perSource' | 'perProvider'>;
  /** What may leave a node at most, bytes a second; undefined: no limit. */
  readonly limitOf: (node: Node) => number | undefined;
  /** 256 random bits in hex. */
  readonly newToken: () => string;
  readonly logger: Logger;
};

/** The options with what is remembered from one shipment to the next. */
export type Relaying = RelayOptions & {
  readonly swarmOf: (digest: Sha256) => Swarm;
  readonly places: Places;
  /** Nodes that sent other bytes than the source has: nobody takes from them again while this worker runs. */
  readonly liars: Set<NodeName>;
};

/** What became of a way, and what people should know of the sources that were left. */
export type Attempt = { readonly result: ShipmentResult; readonly left: readonly string[] };

/** Whom a shipment may be taken from; without a tree the source alone. */
export function wayOf({ relay, source }: Shipment): Relay {
  return relay ?? { from: [{ node: source, ended: Promise.resolve() }], to: [] };
}

/** Whether anything may be taken from a node. */
export function mayServe({ liars }: Relaying, { name, untrusted }: Node): boolean {
  return untrusted !== true && !liars.has(name);
}

/** Remembers who sent what the source does not have, and puts it into words. The source itself is no liar: its file has changed. */
export function accused({ liars, logger }: Relaying, { source }: Shipment, { name }: Node): string {
  if (name === source.name) return `what ${name} sent is not the file of the plan: it changed meanwhile`;
  liars.add(name);
  logger.warn({ node: name }, 'a node relayed other bytes than the source has; nobody takes from it again');
  return `${name} sent other bytes than ${source.name} has and is not used again`;
}
