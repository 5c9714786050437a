import type { Entry, EventOf } from './entry.ts';
import type { Execution } from './execution.ts';
import { type Finding, isSilence } from './finding.ts';
import type { Prompt } from './incident-prompt.ts';
import type { NodeName } from './names.ts';

/** All states, for whoever counts them. */
export const INCIDENT_STATES = [
  'looking',
  'clear',
  'open',
  'planning',
  'awaiting_approval',
  'repairing',
  'verifying',
  'resolved',
  'closed',
  'needs_a_human',
  'silenced',
] as const;

/** Where an incident stands; the first line of its root message says it in words. */
export type IncidentStatus = (typeof INCIDENT_STATES)[number];

/** What the status is read off. */
export type StatusFacts = {
  readonly prompts: readonly Prompt[];
  readonly executions: readonly Execution[];
  readonly findings: readonly Finding[];
  readonly isIncident: boolean;
  readonly look?: EventOf<'checked'>;
  readonly closed?: object;
  /** It is only said. */
  readonly notice?: readonly string[];
  readonly silencedBy?: string;
  readonly flapping?: object;
  /** Nodes that the alert named. */
  readonly named: readonly NodeName[];
};

type Judged = {
  readonly facts: StatusFacts;
  /** The kind of the latest event that moves an incident. */
  readonly last: string | undefined;
  /** Something is known to be wrong, or was and nobody can tell. */
  readonly wrong: boolean;
};

/** The one table of states: the first row that holds is where the incident stands. */
const TABLE: readonly (readonly [IncidentStatus, (judged: Judged) => boolean])[] = [
  ['repairing', ({ facts }) => facts.prompts.some(({ state }) => state === 'authorized' || state === 'running')],
  ['clear', ({ facts, last }) => facts.notice !== undefined && last === undefined],
  ['looking', ({ last }) => last === 'check_started' || last === undefined],
  ['planning', ({ last }) => last === 'plan_started'],
  // A look that is clear says more than the person who closed it.
  ['closed', ({ facts, wrong }) => facts.closed !== undefined && (wrong || facts.look === undefined)],
  ['awaiting_approval', ({ facts }) => facts.prompts.some(({ state }) => state === 'waiting')],
  ['silenced', ({ facts, wrong }) => facts.silencedBy !== undefined && (wrong || facts.look === undefined)],
  ['needs_a_human', ({ facts, wrong }) => facts.look === undefined || (wrong && unseen(facts))],
  ['verifying', ({ last, wrong }) => last === 'executed' && wrong],
  // What flaps is not over because it is right at the moment.
  ['open', ({ facts, wrong }) => wrong || facts.flapping !== undefined],
  ['resolved', ({ facts }) => facts.isIncident],
  ['clear', () => true],
];

/** Where an incident stands after these entries (without the first). */
export function statusOf(facts: StatusFacts, rest: readonly Entry[]): IncidentStatus {
  const last = rest.findLast(({ event }) => MOVING.has(event.kind))?.event.kind;
  const wrong = facts.findings.length > 0 || stillInDoubt(facts, rest);
  const [status] = TABLE.find(([, holds]) => holds({ facts, last, wrong })) ?? ['open' as const];
  return status;
}

/** Whether nothing more is to be done about it. */
export function isOver(status: IncidentStatus): boolean {
  return status === 'resolved' || status === 'closed' || status === 'clear';
}

/** A step whose end nobody saw, or whose way back failed. */
function unseen({ executions }: StatusFacts): boolean {
  return executions.some(({ results }) => results.some(({ outcome }) => outcome === 'stuck' || outcome === 'lost'));
}

/** A node that was wrong and has gone silent is not right, nor is an incident of which no node tells anything. */
function stillInDoubt({ isIncident, look, named }: StatusFacts, rest: readonly Entry[]): boolean {
  const suspects = new Set<string>();
  for (const { event } of rest) {
    if (event.kind !== 'checked') continue;
    const silent = new Set(event.report.unknown.map(({ node }) => node));
    for (const node of event.scope.nodes) if (!silent.has(node)) suspects.delete(node);
    for (const { node } of event.report.findings) suspects.add(node);
  }
  const silent = new Set(look?.report.unknown.map(({ node }) => node));
  return (
    suspects.size > 0 ||
    named.some((node) => look?.report.unknown.some((one) => one.node === node && isSilence(one))) ||
    (isIncident && look?.scope.nodes.every((node) => silent.has(node)) === true)
  );
}

const MOVING = new Set([
  'check_started',
  'checked',
  'check_failed',
  'plan_started',
  'planned',
  'plan_failed',
  'executed',
]);
