import type { NodeName } from './names.ts';
import type { Node } from './node.ts';
import { batchesOf, bytesTo, type Params, type Plan, type RelayLink, type Target } from './plan.ts';

/** What medic.yaml says about relaying. */
export type RelayRules = {
  /** From how many receiving nodes on a plan relays without being asked; 0: never. */
  readonly from: number;
  /** Nodes that one node sends to at once. */
  readonly perSource: number;
  /** Nodes of one provider that receive at once. */
  readonly perProvider: number;
};

/** A network in which nodes reach each other and strangers do not; loopback counts between nodes of one machine. */
export type PrivateNetwork = 'tailnet' | 'lan' | 'loopback';

/** Where a node can be reached by others without crossing the open internet; undefined: nowhere. */
export function privatePlace({
  addresses,
}: Node): { readonly host: string; readonly network: PrivateNetwork } | undefined {
  return addresses.flatMap(({ host }) => {
    const network = networkOf(host);
    return network === undefined ? [] : [{ host, network }];
  })[0];
}

/** Whether one node can send to another directly. Whether the link is really open is found out when it is used. */
export function isLinked(from: Node, to: Node): boolean {
  const network = networkKey(from);
  return network !== undefined && network === networkKey(to);
}

/** Nodes behind one jump host share a network that those behind another do not. */
function networkKey(node: Node): string | undefined {
  const place = privatePlace(node);
  return place === undefined ? undefined : `${place.network} ${node.proxy ?? ''}`;
}

/**
 * The tree by which the files of a plan travel: the source sends once, every node on it to at most `perSource` others, first within a
 * provider. Without being asked only nodes in one private network relay; asked by name, the worker joins what has no link.
 */
export function relayLinks(options: {
  readonly targets: readonly Target[];
  readonly params: Params;
  readonly nodes: readonly Node[];
  readonly rules: RelayRules;
}): RelayLink[] {
  const { targets, params, rules } = options;
  const named = params['transports'];
  const asked = Array.isArray(named) && named.includes('relay');
  // Another way that a person named is the only one.
  if (named !== undefined && !asked) return [];
  const byName = new Map(options.nodes.map((node) => [node.name, node]));
  const nodeOf = (name: NodeName): Node | undefined => byName.get(name);
  const root = rootOf(targets, nodeOf);
  if (root === undefined) return [];
  const receiving = targets.flatMap((target) => {
    const node = nodeOf(target.node);
    return node === undefined || !mayRelay(node) || !takesFrom(target, root) ? [] : [node];
  });
  const links = treeOf(root, receiving, { perSource: rules.perSource, byWorker: asked });
  if (asked) return links;
  return rules.from === 0 || links.length < rules.from ? [] : links;
}

/** Answers who is asked for a node's files, the nearest first and the source last; empty: it is not in the tree. */
export function pathsIn(links: readonly RelayLink[]): (node: NodeName) => NodeName[] {
  const senders = new Map(links.map(({ from, to }) => [to, from]));
  return (node) => {
    const path: NodeName[] = [];
    for (let from = senders.get(node); from !== undefined && path.length < links.length; from = senders.get(from))
      path.push(from);
    return path;
  };
}

/**
 * With each batch, the targets of later ones to which bytes may begin to flow: those that get them over a network from a node that has begun to.
 * Who takes them from the source, or through the worker, waits for its own batch: the nodes before it need that way.
 */
export function aheadOf(plan: Plan): Target[][] {
  const batches = batchesOf(plan);
  const links = new Map(plan.relay?.map((link) => [link.to, link]));
  const begun = new Map<NodeName, number>();
  const ahead = batches.map((): Target[] => []);
  for (const [own, batch] of batches.entries()) {
    for (const target of batch) {
      const link = links.get(target.node);
      const behind = link?.by === 'network' && links.has(link.from) ? begun.get(link.from) : undefined;
      const first = Math.min(own, behind ?? own);
      begun.set(target.node, first);
      if (first < own) ahead[first]?.push(target);
    }
  }
  return ahead;
}

/** Bytes that the busiest sender of a plan has to send. */
export function busiestBytes(plan: Plan): number {
  const senders = new Map(plan.relay?.map(({ from, to }) => [to, from]));
  const sent = new Map<NodeName, number>();
  for (const target of plan.targets) {
    const source = target.steps.flatMap((step) => (step.kind === 'transfer' ? step.sources.slice(0, 1) : []))[0];
    const from = senders.get(target.node) ?? source;
    if (from !== undefined) sent.set(from, (sent.get(from) ?? 0) + bytesTo(target));
  }
  return Math.max(0, ...sent.values());
}

function mayRelay({ untrusted, coordinator }: Node): boolean {
  return untrusted !== true && !coordinator;
}

/** The one node that all files come from; several, or one that is not trusted: nothing is relayed. */
function rootOf(targets: readonly Target[], nodeOf: (name: NodeName) => Node | undefined): Node | undefined {
  const receivers = targets.filter(({ node }) => nodeOf(node)?.coordinator === false);
  const sources = new Set(
    receivers.flatMap(({ steps }) => steps.flatMap((step) => (step.kind === 'transfer' ? step.sources : []))),
  );
  const [only, ...others] = sources;
  const root = only === undefined || others.length > 0 ? undefined : nodeOf(only);
  return root === undefined || root.untrusted === true ? undefined : root;
}

function takesFrom({ node, steps }: Target, root: Node): boolean {
  return node !== root.name && steps.some((step) => step.kind === 'transfer');
}

type Place = { readonly node: Node; readonly network: string | undefined; readonly depth: number; children: number };

function treeOf(
  root: Node,
  receiving: readonly Node[],
  { perSource, byWorker }: { readonly perSource: number; readonly byWorker: boolean },
): RelayLink[] {
  const source: Place = { node: root, network: networkKey(root), depth: 0, children: 0 };
  const free: Place[] = [];
  const links: RelayLink[] = [];
  for (const node of receiving) {
    const network = networkKey(node);
    const direct = nearest(free, node, network) ?? (network === source.network ? source : undefined);
    const linked = network === undefined ? undefined : direct;
    if (linked === undefined && !byWorker) continue;
    // What the worker has on its own disk it need not fetch from anybody.
    const from = linked ?? (root.local ? source : (free[0] ?? source));
    from.children += 1;
    if (from.children === perSource && from !== source) free.splice(free.indexOf(from), 1);
    free.push({ node, network, depth: from.depth + 1, children: 0 });
    links.push({ from: from.node.name, to: node.name, by: linked === undefined ? 'worker' : 'network' });
  }
  return links;
}

/** The place in the same network that is nearest: within the provider, then the least far from the source. */
function nearest(places: readonly Place[], to: Node, network: string | undefined): Place | undefined {
  let best: Place | undefined;
  let bestCost = Number.POSITIVE_INFINITY;
  for (const place of places) {
    if (place.network !== network) continue;
    const cost = place.depth + (place.node.provider === to.provider ? 0 : 1_000_000);
    if (cost >= bestCost) continue;
    best = place;
    bestCost = cost;
  }
  return best;
}

function networkOf(host: string): PrivateNetwork | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.\d{1,3}\.\d{1,3}$/.exec(host);
  if (parts === null) return networkOfSix(host.toLowerCase());
  const [first, second] = [Number(parts[1]), Number(parts[2])];
  if (first === 127) return 'loopback';
  if (first === 100 && second >= 64 && second < 128) return 'tailnet';
  const lan = first === 10 || (first === 172 && second >= 16 && second < 32) || (first === 192 && second === 168);
  return lan ? 'lan' : undefined;
}

function networkOfSix(host: string): PrivateNetwork | undefined {
  if (host.startsWith('fd7a:115c:a1e0:')) return 'tailnet';
  if (host === '::1') return 'loopback';
  return /^f[cd][0-9a-f]{2}:/.test(host) ? 'lan' : undefined;
}
