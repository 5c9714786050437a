import { z } from 'zod';
import { UnknownReason } from './fault.ts';
import { type Finding, finding, type Unknown } from './finding.ts';
import { minute } from './history.ts';
import { Instant, type NodeName } from './names.ts';
import { type Node, saysGone } from './node.ts';
import { count } from './wording.ts';

/** A node that gives no answer: since when, in how many scheduled looks in a row, and why the last time. */
export const Miss = z.strictObject({ since: Instant, times: z.int().min(1), reason: UnknownReason });
export type Miss = z.infer<typeof Miss>;

/** What keeps a worker from a node as a whole, whatever it is asked. */
const NO_WAY_IN: ReadonlySet<UnknownReason> = new Set([
  'dns',
  'refused',
  'timeout',
  'lost',
  'auth',
  'host_key_changed',
  'host_key_unknown',
  'channel_refused',
]);

/** The check that tells of a node alone; what another one does not know may be the coordinator's fault. */
const TELLS = 'reachable';

/** Why nobody gets in, of the nodes of one look that was to tell it; nodes that are not in it answered. */
export function silentIn(unknown: readonly Unknown[]): Map<NodeName, UnknownReason> {
  const silent = unknown.filter(
    ({ check, model, reason }) => check === TELLS && model === undefined && NO_WAY_IN.has(reason),
  );
  return new Map(silent.map(({ node, reason }) => [node, reason]));
}

/** The count after one more look: it goes on or begins where nobody got in, and is over where somebody did. */
export function missAfter(before: Miss | undefined, reason: UnknownReason | undefined, at: Instant): Miss | undefined {
  if (reason === undefined) return undefined;
  return { since: before?.since ?? at, times: (before?.times ?? 0) + 1, reason };
}

/** Nodes that come and go: their silence wakes nobody and goes to the list of those that are probably gone. */
export function isFleeting(node: Node): boolean {
  return !node.coordinator && (node.ephemeral || saysGone(node));
}

/** What people are told of a node that was missed often enough; undefined: not yet, or it is one of those that come and go. */
export function missFinding(node: Node, miss: Miss, enough: number): Finding | undefined {
  if (miss.times < enough || isFleeting(node)) return undefined;
  const since = `since ${minute(miss.since)} (${miss.reason})`;
  const hint = miss.reason.startsWith('host_key') ? [`after a rebuild: trust ${node.name}`] : [];
  return finding({
    code: node.coordinator ? 'coordinator_down' : 'node_unreachable',
    node: node.name,
    subject: node.name,
    severity: node.coordinator ? 'critical' : 'warning',
    title: node.coordinator ? `the source of models does not answer ${since}` : `does not answer ${since}`,
    evidence: [`no answer in at least ${count(enough, 'scheduled look')} in a row`, ...hint],
  });
}

/** A node that is probably gone. */
export type Gone = {
  readonly node: NodeName;
  readonly miss: Miss;
  readonly note: string | null;
  readonly ephemeral: boolean;
};

/** Nodes that come and go and were missed often enough, the longest gone first. */
export function goneNodes(nodes: readonly Node[], misses: ReadonlyMap<NodeName, Miss>, enough: number): Gone[] {
  return nodes
    .flatMap((node): Gone[] => {
      const miss = misses.get(node.name);
      if (miss === undefined || miss.times < enough || !node.active || !isFleeting(node)) return [];
      return [{ node: node.name, miss, note: node.note, ephemeral: node.ephemeral }];
    })
    .toSorted((a, b) => Date.parse(a.miss.since) - Date.parse(b.miss.since));
}

/** A node that is probably gone as a line for people. */
export function goneLine({ node, miss: { since, times, reason }, note, ephemeral }: Gone): string {
  const about = [...(ephemeral ? ['ephemeral'] : []), ...(note === null ? [] : [`“${note}”`])];
  const words = about.length === 0 ? '' : ` · ${about.join(' · ')}`;
  return `${node}  no answer since ${minute(since)}, ${count(times, 'look')} in a row (${reason})${words}`;
}
