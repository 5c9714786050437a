import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { Inventory, PlacedFault } from '../contract/inventory.ts';
import { NodeName } from '../domain/names.ts';
import { didYouMean, quoteWord } from '../domain/nearest.ts';
import type { Node } from '../domain/node.ts';
import { type NodeSetResult, resolveNodeSet } from '../domain/node-set.ts';
import { HostEntry, SyncRouting } from './host-entry.ts';
import { addressesOf, contradictionOf, nodeOf, ownMachineKey } from './host-node.ts';
import { readYamlText, type YamlText } from './yaml-text.ts';

/** What is read, and what medic.yaml says about it: the names of the source of models and of the worker's own machine. */
export type ReadInventoryOptions = {
  readonly text: string;
  /** As it is shown in places. */
  readonly file: string;
  readonly coordinator: string | null;
  readonly localNode: string | null;
  /** The node set that medic.yaml calls untrusted; null: it names nobody. */
  readonly untrusted?: string | null;
};

/** The nodes, or every fault at once. No text of a fault holds an address, a user or a key path. */
export type ReadInventoryResult =
  | { readonly ok: true; readonly inventory: Inventory }
  | { readonly ok: false; readonly faults: readonly PlacedFault[] };

type Hosts = ReadonlyMap<NodeName, HostEntry>;
type Add = (path: readonly PropertyKey[], text: string) => void;

const NODES_MAX = 10_000;

/** Reads the cluster's own `distributed_hosts.yaml`; never throws, whatever is in it. */
export function readInventory(options: ReadInventoryOptions): ReadInventoryResult {
  // The cluster reads this file with Python, whose YAML is 1.1.
  const yaml = readYamlText({ text: options.text, file: options.file, version: '1.1' });
  const faults: PlacedFault[] = [...yaml.faults];
  const add: Add = (path, text) => faults.push({ place: yaml.place(path), text });
  if (yaml.value === undefined) return { ok: false, faults };
  const names = namesIn(yaml, add);
  const hosts = entriesOf(yaml, names, add);
  const excluded = excludedHosts(yaml, add);
  const coordinator = coordinatorOf(options, names, hosts, add);
  if (options.localNode !== null) mustBeHost('localNode', options.localNode, names, add);
  for (const [name, entry] of hosts) checkWays(name, entry, names, options.localNode, add);
  checkProxyCircles(hosts, add);
  const source = coordinator === null ? undefined : hosts.get(coordinator);
  if (coordinator !== null && source?.ringrift_path === null) {
    add(['hosts', coordinator, 'ringrift_path'], 'must not be null: this is the node that models come from');
  }
  if (faults.length > 0) return { ok: false, faults };
  const nodes = [...hosts].map(([name, entry]) => {
    const local = name === options.localNode;
    return nodeOf({ name, entry, coordinator: name === coordinator, local, excluded: excluded.has(name) });
  });
  const apart = untrustedIn(options.untrusted ?? null, nodes);
  if (!apart.ok) {
    const why = apart.refusal.text.replace(/ Nothing was run\.$/, '');
    add(['hosts'], `cannot be read as medic.yaml's transports.relay.untrusted asks: ${why}`);
    return { ok: false, faults };
  }
  const isApart = new Set(apart.nodes.map(({ name }) => name));
  const digest = createHash('sha256').update(options.text).digest('hex');
  const marked = nodes.map((node): Node => (isApart.has(node.name) ? { ...node, untrusted: true } : node));
  return { ok: true, inventory: { nodes: marked, digest, notes: notesOf(marked, excluded) } };
}

/** The nodes that medic.yaml names beside those that the file itself marks. */
function untrustedIn(text: string | null, nodes: readonly Node[]): NodeSetResult {
  if (text === null) return { ok: true, nodes: [] };
  // A node that is not in use now may come back: the mark is not to depend on that.
  return resolveNodeSet(
    text,
    nodes.map((node) => ({ ...node, active: true })),
  );
}

/** Every name under `hosts`, also those whose entry is wrong: an address fault must not make the name unknown elsewhere. */
function namesIn(yaml: YamlText, add: Add): string[] {
  const hosts = isRecord(yaml.value) ? yaml.value['hosts'] : undefined;
  if (!isRecord(hosts)) {
    add(['hosts'], 'must be a map of node names to entries');
    return [];
  }
  const names = Object.keys(hosts);
  if (names.length === 0) add(['hosts'], 'must name at least one node');
  if (names.length > NODES_MAX) add(['hosts'], `must name at most ${NODES_MAX} nodes`);
  return names.slice(0, NODES_MAX);
}

function entriesOf(yaml: YamlText, names: readonly string[], add: Add): Hosts {
  const entries = new Map<NodeName, HostEntry>();
  const hosts = isRecord(yaml.value) && isRecord(yaml.value['hosts']) ? yaml.value['hosts'] : {};
  for (const name of names) {
    if (!NodeName.safeParse(name).success) {
      add(
        ['hosts', visibleName(name)],
        'a node name has letters, digits, ".", "_" and "-", begins with a letter or digit, at most 63',
      );
      continue;
    }
    const entry = checked(HostEntry, hosts[name], ['hosts', name], add);
    if (entry !== null) entries.set(name, entry);
  }
  return entries;
}

function excludedHosts(yaml: YamlText, add: Add): ReadonlySet<string> {
  const routing = isRecord(yaml.value) ? yaml.value['sync_routing'] : undefined;
  if (routing === undefined || routing === null) return new Set();
  return new Set(checked(SyncRouting, routing, ['sync_routing'], add)?.excluded_hosts ?? []);
}

function coordinatorOf(
  options: ReadInventoryOptions,
  names: readonly string[],
  hosts: Hosts,
  add: Add,
): NodeName | null {
  if (options.coordinator !== null) {
    return mustBeHost('coordinator', options.coordinator, names, add) ? options.coordinator : null;
  }
  const candidates = [...hosts].filter(([, entry]) => entry.role === 'coordinator').map(([name]) => name);
  const [only, ...others] = candidates;
  if (only !== undefined && others.length === 0) return only;
  // With broken entries the count would be a guess; their own faults come first.
  if (hosts.size === 0 || (only === undefined && hosts.size < names.length)) return null;
  const found =
    only === undefined ? 'no node has the role coordinator' : `${candidates.join(' and ')} have the role coordinator`;
  add(
    ['hosts'],
    `${found}: say in medic.yaml which one models come from, as in "coordinator: ${only ?? names[0] ?? 'n1'}"`,
  );
  return null;
}

function mustBeHost(key: string, name: string, names: readonly string[], add: Add): boolean {
  if (names.includes(name)) return true;
  add(['hosts'], `has no ${quoteWord(name)}, which medic.yaml names as ${key}.${didYouMean(name, names)}`);
  return false;
}

function checkWays(
  name: NodeName,
  entry: HostEntry,
  names: readonly string[],
  localNode: string | null,
  add: Add,
): void {
  const path = ['hosts', name];
  if (addressesOf(entry).length === 0) add([...path, 'ssh_host'], 'is missing: an address to reach the node at');
  const own = ownMachineKey(entry);
  if (own !== null && name !== localNode) {
    add(
      [...path, own],
      `is the worker's own machine: say "localNode: ${name}" in medic.yaml, or give the address that the worker reaches it at`,
    );
  }
  const proxy = entry.ssh_proxy ?? null;
  if (proxy !== null && !names.includes(proxy)) {
    add([...path, 'ssh_proxy'], `${quoteWord(proxy)} is no node of this file.${didYouMean(proxy, names)}`);
  }
}

function checkProxyCircles(hosts: Hosts, add: Add): void {
  for (const [name] of hosts) {
    const seen = new Set<string>();
    let next = hosts.get(name)?.ssh_proxy ?? null;
    while (next !== null && next !== name && !seen.has(next)) {
      seen.add(next);
      next = hosts.get(next)?.ssh_proxy ?? null;
    }
    if (next === name) add(['hosts', name, 'ssh_proxy'], 'leads back to the node itself');
  }
}

function notesOf(nodes: readonly Node[], excluded: ReadonlySet<string>): string[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const notes = nodes.flatMap((node) => contradictionOf(node) ?? []);
  for (const node of nodes) {
    const proxy = node.proxy === null ? undefined : byName.get(node.proxy);
    if (node.active && proxy !== undefined && !proxy.active) {
      notes.push(`${node.name}: it is reached through ${proxy.name}, whose status is ${proxy.status}`);
    }
    if (node.coordinator && !node.active)
      notes.push(`${node.name}: models come from it, but its status is ${node.status}`);
  }
  for (const name of excluded) {
    if (!byName.has(name))
      notes.push(`sync_routing.excluded_hosts names ${quoteWord(name)}, which is no node: nothing is left out by it`);
  }
  return notes;
}

function checked<T>(schema: z.ZodType<T>, value: unknown, path: readonly PropertyKey[], add: Add): T | null {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) add([...path, ...issue.path], issue.message);
  return null;
}

function visibleName(name: string): string {
  return quoteWord(name).slice(1, -1);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
