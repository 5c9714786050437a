import { clockLine } from './doctor-here.ts';
import { type DoctorLine, right, untold, wrong } from './doctor-line.ts';
import type { UnknownReason } from './fault.ts';
import { foldNames } from './fold-names.ts';
import type { NodeName } from './names.ts';
import { count, joined } from './wording.ts';

/** What a worker knows about the key that it would use for a node. No path and no address is in it. */
export type KeyFacts = {
  readonly node: NodeName;
  /** undefined: none. */
  readonly trouble: string | undefined;
  /** Others than its owner may read it. */
  readonly exposed: boolean;
};

/** What a worker finds about itself, before it asks any node. */
export type WorkerFacts = {
  /** Nodes of the inventory, and how many of them are active. */
  readonly nodes: { readonly all: number; readonly active: number };
  readonly keys: readonly KeyFacts[];
  /** How many of a node's addresses known_hosts has a key for. */
  readonly hosts: readonly { readonly node: NodeName; readonly known: number; readonly addresses: number }[];
  /** What is wrong with the rights of the state folder; undefined: nothing. */
  readonly stateTrouble: string | undefined;
  /** Whose approvals it can verify. */
  readonly signers: readonly string[];
  /** Redis' clock minus its own; undefined: Redis did not say. */
  readonly skewMs: number | undefined;
};

/** How one node answered one empty question over SSH. */
export type RoundTrip = {
  readonly node: NodeName;
  readonly failure?: { readonly reason: UnknownReason; readonly detail: string };
};

const SKEW_MAX_MS = 5_000;

/** What the remedy for a node that cannot be reached is. */
const REMEDIES: Partial<Record<UnknownReason, string>> = {
  dns: 'mend tailscale_ip or ssh_host in the inventory, or the resolver of the worker',
  refused: 'start sshd there, or mend ssh_port in the inventory',
  timeout: 'look whether the node runs and whether a firewall or Tailscale lets the worker through',
  auth: "put the public half of the worker's key into authorized_keys there, or mend ssh_user and ssh_key in the inventory",
  host_key_unknown: 'compare its key at the provider, then `trust <node>`',
  host_key_changed: 'find out whether the host was rebuilt, then `trust <node>`',
  channel_refused: 'let sshd there open sessions (MaxSessions, ForceCommand)',
};

/** The worker's lines. Pure: nodes with the same trouble share a line, and every line that is not right says what to do. */
export function workerLines(
  { nodes, keys, hosts, stateTrouble, signers, skewMs }: WorkerFacts,
  trips: readonly RoundTrip[],
): DoctorLine[] {
  return [
    nodes.active === 0
      ? wrong(
          `the worker reads the inventory: none of ${count(nodes.all, 'node')} is active`,
          'mend the status of the nodes in the inventory',
        )
      : right(`the worker reads the inventory: ${nodes.active} of ${count(nodes.all, 'node')} are active`),
    ...keyLines(keys),
    ...hostLines(hosts),
    ...tripLines(trips),
    stateTrouble === undefined
      ? right('the state folder of the worker belongs to it alone')
      : wrong(`the state folder of the worker ${stateTrouble}`, 'chown it to the user of the worker and chmod 700'),
    signers.length === 0
      ? wrong(
          'the worker has no public key to verify approvals with',
          "put the bot's stateDir/public/bot.pem into stateDir/public of the worker",
        )
      : right(`the worker verifies approvals of ${joined(signers)}`),
    skewMs === undefined
      ? untold('Redis does not tell the worker the time', 'look at the first lines: Redis, its address, its network')
      : clockLine("the worker's Redis", skewMs, SKEW_MAX_MS),
  ];
}

function keyLines(keys: readonly KeyFacts[]): DoctorLine[] {
  const bad = grouped(keys.flatMap(({ node, trouble }) => (trouble === undefined ? [] : [{ node, key: trouble }])));
  const exposed = keys.filter((one) => one.exposed).map(({ node }) => node);
  const lines = [
    ...bad.map(([trouble, names]) =>
      wrong(
        `${foldNames(names)}: ${trouble}`,
        'put the private key where ssh_key in the inventory says, readable for the user of the worker alone',
      ),
    ),
    ...(exposed.length === 0
      ? []
      : [wrong(`others may read the SSH key for ${foldNames(exposed)}`, 'chmod 600 the key file')]),
  ];
  return lines.length > 0 || keys.length === 0
    ? lines
    : [right(`the SSH keys for ${count(keys.length, 'node')} are readable for the worker alone`)];
}

function hostLines(hosts: WorkerFacts['hosts']): DoctorLine[] {
  if (hosts.length === 0) return [];
  const none = hosts.filter(({ known }) => known === 0).map(({ node }) => node);
  const some = hosts.filter(({ known, addresses }) => known > 0 && known < addresses).map(({ node }) => node);
  const whole = hosts.length - none.length - some.length;
  return [
    ...(whole === 0 ? [] : [right(`known_hosts has a key for every address of ${count(whole, 'node')}`)]),
    ...(none.length === 0
      ? []
      : [
          wrong(
            `known_hosts has no key for ${foldNames(none)}`,
            'compare its key at the provider, then `trust <node>`',
          ),
        ]),
    ...(some.length === 0
      ? []
      : [
          wrong(
            `known_hosts has a key for only one address of ${foldNames(some)}`,
            'add the same key for the second address: `trust <node>` writes both',
          ),
        ]),
  ];
}

function tripLines(trips: readonly RoundTrip[]): DoctorLine[] {
  const silent = trips.flatMap(({ node, failure }) => (failure === undefined ? [] : [{ node, key: failure.reason }]));
  const answered = trips.length - silent.length;
  return [
    ...(answered === 0 ? [] : [right(`${count(answered, 'node answers', 'nodes answer')} over SSH`)]),
    ...grouped(silent).map(([reason, names]) => {
      const [detail = ''] = trips.flatMap(({ node, failure }) => (node === names[0] ? (failure?.detail ?? []) : []));
      return untold(
        `${foldNames(names)}: no answer over SSH (${reason}: ${detail.slice(0, 150)})`,
        REMEDIES[reason] ?? 'ask again; `check --only reachable` says more',
      );
    }),
  ];
}

/** Nodes by what they have in common, in the order of the first of each. */
function grouped<K extends string>(items: readonly { readonly node: NodeName; readonly key: K }[]): [K, NodeName[]][] {
  const groups = new Map<K, NodeName[]>();
  for (const { node, key } of items) groups.set(key, [...(groups.get(key) ?? []), node]);
  return [...groups];
}
