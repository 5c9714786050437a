import type { Entry, EventOf, Place, Scope } from './entry.ts';
import { type Execution, type ExecutionEvent, executionAfter } from './execution.ts';
import type { Finding, Unknown } from './finding.ts';
import type { IncidentId, Instant, PersonId, ReceiptId, RequestId } from './names.ts';
import { hashPlan, type Plan, type PlanHash } from './plan.ts';

/** Where an incident stands; the first line of its root message says it in words. */
export type IncidentStatus =
  | 'looking'
  | 'clear'
  | 'open'
  | 'planning'
  | 'awaiting_approval'
  | 'repairing'
  | 'resolved'
  | 'needs_a_human';

export type PromptState =
  | 'waiting'
  | 'authorized'
  | 'running'
  | 'executed'
  | 'rejected'
  | 'expired'
  | 'superseded'
  | 'refused';

/** A request for one plan and what became of it. */
export type Prompt = {
  readonly request: RequestId;
  readonly plan: PlanHash;
  readonly requester: PersonId;
  readonly needed: number;
  readonly notAfter: Instant;
  readonly madeAt: Instant;
  readonly state: PromptState;
  readonly approvedBy: readonly PersonId[];
  /** Who ended it, when and why, in words; absent while it waits or runs. */
  readonly ended?: { readonly by?: PersonId; readonly at: Instant; readonly why: string };
  readonly receipt?: ReceiptId;
};

/** One answer to a wish for a repair: what can be planned, and what was refused with its reason. Both empty: nothing to do. */
export type Planning = {
  readonly id: string;
  readonly at: Instant;
  readonly by: PersonId;
  readonly plans: readonly PlanHash[];
  readonly refusals: EventOf<'planned'>['refusals'];
};

/** A look or a planning that could not be made on our side. */
export type Failure = {
  readonly id: string;
  readonly at: Instant;
  readonly what: 'look' | 'plan';
  readonly detail: string;
};

/** What the entries of one stream add up to. */
export type Incident = {
  readonly id: IncidentId;
  readonly openedAt: Instant;
  readonly openedBy: PersonId;
  readonly text: string;
  readonly alert?: string;
  readonly place?: Place;
  readonly scope: Scope;
  readonly status: IncidentStatus;
  readonly acknowledgedBy?: PersonId;
  /** The latest look; absent before the first one ended. */
  readonly look?: EventOf<'checked'> & { readonly at: Instant };
  /** How many looks have ended: two that saw the same within a minute are told apart by it. */
  readonly looks: number;
  /** The latest look that found something new; later looks are compared with it, so that what was found first stays readable. */
  readonly lookThatFound?: EventOf<'checked'> & { readonly at: Instant };
  readonly plannings: readonly Planning[];
  readonly failures: readonly Failure[];
  /** The first look's findings were not empty, or an alert opened it. */
  readonly isIncident: boolean;
  readonly findings: readonly Finding[];
  readonly unknown: readonly Unknown[];
  readonly plans: ReadonlyMap<PlanHash, Plan>;
  readonly prompts: readonly Prompt[];
  readonly executions: readonly Execution[];
  readonly lastAt: Instant;
};

type Draft = { -readonly [K in keyof Incident]: Incident[K] };

/** Adds up the entries of one incident in order; undefined when the first one is not `opened`. Pure: the same entries, the same incident. */
export function incidentOf(entries: readonly Entry[]): Incident | undefined {
  const [first, ...rest] = entries;
  if (first === undefined || first.event.kind !== 'opened') return undefined;
  const { by, text, alert, scope, place } = first.event;
  const draft: Draft = {
    id: first.incident,
    openedAt: first.at,
    openedBy: by,
    text,
    scope,
    status: 'looking',
    isIncident: alert !== undefined,
    looks: 0,
    plannings: [],
    failures: [],
    findings: [],
    unknown: [],
    plans: new Map(),
    prompts: [],
    executions: [],
    lastAt: first.at,
    ...(alert === undefined ? {} : { alert }),
    ...(place === undefined ? {} : { place }),
  };
  for (const entry of rest) {
    apply(draft, entry);
    draft.lastAt = entry.at;
  }
  draft.status = statusOf(draft, rest);
  return draft;
}

function apply(draft: Draft, { id, event, at }: Entry): void {
  switch (event.kind) {
    case 'checked':
      draft.look = { ...event, at };
      draft.looks += 1;
      if (tellsNew(draft, event)) draft.lookThatFound = { ...event, at };
      draft.findings = event.report.findings;
      draft.unknown = event.report.unknown;
      draft.isIncident ||= event.report.findings.length > 0;
      return;
    case 'planned':
      draft.plans = new Map([...draft.plans, ...event.plans.map((plan) => [hashPlan(plan), plan] as const)]);
      draft.plannings = [
        ...draft.plannings,
        { id, at, by: event.by, plans: event.plans.map(hashPlan), refusals: event.refusals },
      ];
      return;
    case 'check_failed':
    case 'plan_failed':
      draft.failures = [
        ...draft.failures,
        { id, at, what: event.kind === 'check_failed' ? 'look' : 'plan', detail: event.detail },
      ];
      return;
    case 'acknowledged':
      draft.acknowledgedBy = event.by;
      return;
    case 'requested':
      draft.prompts = [...draft.prompts, { ...withoutKind(event), madeAt: at, state: 'waiting', approvedBy: [] }];
      return;
    case 'approved':
    case 'rejected':
    case 'expired':
    case 'superseded':
    case 'authorized':
    case 'refused':
    case 'execution_started':
      applyToPrompt(draft, event, at);
      if (event.kind === 'execution_started') {
        draft.executions = [
          ...draft.executions,
          {
            ...withoutKind(event),
            startedAt: at,
            results: [],
            begun: new Map(),
            percent: new Map(),
            touched: new Set(),
          },
        ];
      }
      return;
    case 'step_started':
    case 'step_ended':
    case 'target_ended':
    case 'progress':
    case 'cancel_requested':
    case 'executed':
      applyToExecution(draft, event);
      return;
    case 'opened':
    case 'asked':
    case 'check_started':
    case 'plan_started':
      return;
  }
}

/** Findings that only remain are no news: the look that found them first goes on telling. */
function tellsNew({ lookThatFound }: Draft, { report }: EventOf<'checked'>): boolean {
  const known = new Set(lookThatFound?.report.findings.map(({ id }) => id));
  return report.findings.some(({ id }) => !known.has(id));
}

type PromptEvent = EventOf<
  'approved' | 'rejected' | 'expired' | 'superseded' | 'authorized' | 'refused' | 'execution_started'
>;

function applyToPrompt(draft: Draft, event: PromptEvent, at: Instant): void {
  const request = event.kind === 'authorized' ? event.signed.approval.request : event.request;
  draft.prompts = draft.prompts.map((prompt) => (prompt.request === request ? promptAfter(prompt, event, at) : prompt));
}

/** The one table of what may follow what in a prompt's life: an ended prompt never comes back. */
function promptAfter(prompt: Prompt, event: PromptEvent, at: Instant): Prompt {
  if (event.kind === 'execution_started') {
    return prompt.state === 'authorized' ? { ...prompt, state: 'running', receipt: event.receipt } : prompt;
  }
  if (event.kind === 'refused') {
    return prompt.state === 'authorized' ? { ...prompt, state: 'refused', ended: { at, why: event.text } } : prompt;
  }
  if (prompt.state !== 'waiting') return prompt;
  switch (event.kind) {
    case 'approved':
      return { ...prompt, approvedBy: [...new Set([...prompt.approvedBy, event.by])] };
    case 'rejected':
      return { ...prompt, state: 'rejected', ended: { by: event.by, at, why: event.reason } };
    case 'expired':
      return { ...prompt, state: 'expired', ended: { at, why: 'nobody decided in time' } };
    case 'superseded':
      return { ...prompt, state: 'superseded', ended: { at, why: event.because } };
    case 'authorized':
      return { ...prompt, state: 'authorized', approvedBy: event.signed.approval.approvers };
  }
}

function applyToExecution(draft: Draft, event: ExecutionEvent): void {
  const id = event.kind === 'executed' ? event.receipt.id : event.receipt;
  draft.executions = draft.executions.map((execution) =>
    execution.receipt === id ? executionAfter(execution, event) : execution,
  );
  if (event.kind !== 'executed') return;
  draft.prompts = draft.prompts.map((prompt) => (prompt.receipt === id ? { ...prompt, state: 'executed' } : prompt));
}

function withoutKind<T extends { kind: string }>(event: T): Omit<T, 'kind'> {
  const { kind: _, ...rest } = event;
  return rest;
}

function statusOf(draft: Draft, rest: readonly Entry[]): IncidentStatus {
  if (draft.prompts.some(({ state }) => state === 'authorized' || state === 'running')) return 'repairing';
  const last = rest.findLast(({ event }) => STATUS_EVENTS.has(event.kind))?.event.kind;
  if (last === 'check_started' || last === undefined) return 'looking';
  if (last === 'plan_started') return 'planning';
  if (draft.prompts.some(({ state }) => state === 'waiting')) return 'awaiting_approval';
  const wrong = draft.findings.length > 0 || stillInDoubt(draft, rest);
  const unseen = draft.executions.some(({ results }) =>
    results.some(({ outcome }) => outcome === 'stuck' || outcome === 'lost'),
  );
  if (draft.look === undefined || (wrong && unseen)) return 'needs_a_human';
  if (wrong) return 'open';
  return draft.isIncident ? 'resolved' : 'clear';
}

/** A node that was wrong and has gone silent is not right, nor is an incident of which no node tells anything. */
function stillInDoubt({ isIncident, look }: Draft, rest: readonly Entry[]): boolean {
  const suspects = new Set<string>();
  for (const { event } of rest) {
    if (event.kind !== 'checked') continue;
    const silent = new Set(event.report.unknown.map(({ node }) => node));
    for (const node of event.scope.nodes) if (!silent.has(node)) suspects.delete(node);
    for (const { node } of event.report.findings) suspects.add(node);
  }
  const silent = new Set(look?.report.unknown.map(({ node }) => node));
  return suspects.size > 0 || (isIncident && look?.scope.nodes.every((node) => silent.has(node)) === true);
}

const STATUS_EVENTS = new Set([
  'check_started',
  'checked',
  'check_failed',
  'plan_started',
  'planned',
  'plan_failed',
  'executed',
]);
