import type { PlanBeside } from './beside.ts';
import type { Entry, EventOf, Place, Scope } from './entry.ts';
import { type Execution, type ExecutionEvent, executionAfter, executionFrom } from './execution.ts';
import type { Finding, Unknown } from './finding.ts';
import { type Prompt, type PromptEvent, promptAfter } from './incident-prompt.ts';
import { type IncidentStatus, statusOf } from './incident-status.ts';
import { type Telling, tellingAfter, tellingFrom, turned } from './incident-telling.ts';
import type { IncidentId, Instant, PersonId } from './names.ts';
import { type Outside, outsideAfter } from './outside.ts';
import { hashPlan, type Plan, type PlanHash } from './plan.ts';
import { type Planning, planningOf } from './planning.ts';
import { withoutKind } from './without-kind.ts';

/** A look or a planning that could not be made on our side. */
export type Failure = {
  readonly id: string;
  readonly at: Instant;
  readonly what: 'look' | 'plan';
  readonly detail: string;
};

/** What the entries of one stream add up to. */
export type Incident = Telling & {
  readonly id: IncidentId;
  readonly openedAt: Instant;
  readonly openedBy: PersonId;
  readonly text: string;
  readonly alert?: string;
  readonly place?: Place;
  /** It is only said; absent: somebody looks. */
  readonly notice?: readonly string[];
  readonly scope: Scope;
  readonly status: IncidentStatus;
  /** A clear look says that nothing is wrong. */
  readonly judged: boolean;
  readonly acknowledgedBy?: PersonId;
  /** A person repairs by hand: its plans rest until then. */
  readonly hold?: { readonly by: PersonId; readonly until: Instant };
  /** A person closed it, with what was known to be wrong then; gone when something new is found or the alert comes again. */
  readonly closed?: EventOf<'closed'> & { readonly at: Instant };
  /** The latest look; absent before the first one ended. */
  readonly look?: EventOf<'checked'> & { readonly at: Instant };
  /** What `doctor` said before any worker did. */
  readonly examined?: EventOf<'examined'>['lines'];
  /** What was changed past medic, as each look that saw some of it tells; nothing is kept from before it was wrong. */
  readonly outside: readonly Outside[];
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
  /** What is told beside each plan, as its latest planning saw it. */
  readonly besides: ReadonlyMap<PlanHash, PlanBeside>;
  readonly prompts: readonly Prompt[];
  readonly executions: readonly Execution[];
  readonly lastAt: Instant;
};

type Draft = { -readonly [K in keyof Incident]: Incident[K] };

/** A list that nothing was added to is not added up twice. */
const folded = new WeakMap<readonly Entry[], { readonly length: number; readonly incident: Incident | undefined }>();

/** Adds up the entries of one incident in order; undefined when the first one is not `opened`. Pure: the same entries, the same incident. */
export function incidentOf(entries: readonly Entry[]): Incident | undefined {
  const known = folded.get(entries);
  if (known?.length === entries.length) return known.incident;
  const incident = fold(entries);
  folded.set(entries, { length: entries.length, incident });
  return incident;
}

function fold(entries: readonly Entry[]): Incident | undefined {
  const [first, ...rest] = entries;
  if (first === undefined || first.event.kind !== 'opened') return undefined;
  const { by, text, alert, scope, place, notice, judged = true } = first.event;
  const draft: Draft = {
    id: first.incident,
    openedAt: first.at,
    openedBy: by,
    text,
    scope,
    status: 'looking',
    isIncident: alert !== undefined,
    looks: 0,
    outside: [],
    ...tellingFrom(first.event, first.at),
    judged,
    plannings: [],
    failures: [],
    findings: [],
    unknown: [],
    plans: new Map(),
    besides: new Map(),
    prompts: [],
    executions: [],
    lastAt: first.at,
    ...(alert === undefined ? {} : { alert }),
    ...(place === undefined ? {} : { place }),
    ...(notice === undefined ? {} : { notice }),
  };
  for (const entry of rest) {
    apply(draft, entry);
    // Where the trail stands is about the record and no news of the incident.
    if (entry.event.kind !== 'sealed') draft.lastAt = entry.at;
  }
  draft.status = statusOf(draft, rest);
  return draft;
}

function apply(draft: Draft, { id, event, at }: Entry): void {
  switch (event.kind) {
    case 'checked':
      draft.outside = outsideAfter(draft, event.report, { id, at });
      turned(draft, event.report.findings.length > 0, at);
      if (tellsNew(draft, event)) draft.newsAt = at;
      draft.look = { ...event, at };
      draft.looks += 1;
      if (tellsNew(draft, event)) draft.lookThatFound = { ...event, at };
      draft.findings = event.report.findings;
      draft.unknown = event.report.unknown;
      draft.isIncident ||= event.report.findings.length > 0;
      if (event.report.findings.some(({ id: found }) => draft.closed?.findings.includes(found) === false))
        delete draft.closed;
      return;
    case 'planned':
      draft.plans = new Map([...draft.plans, ...event.plans.map((plan) => [hashPlan(plan), plan] as const)]);
      draft.besides = new Map([...draft.besides, ...(event.beside ?? []).map((one) => [one.plan, one] as const)]);
      draft.plannings = [...draft.plannings, planningOf(id, at, event)];
      return;
    case 'check_failed':
    case 'plan_failed':
      draft.failures = [
        ...draft.failures,
        { id, at, what: event.kind === 'check_failed' ? 'look' : 'plan', detail: event.detail },
      ];
      return;
    case 'repeated':
    case 'waits':
    case 'raised':
    case 'joined':
    case 'settled':
    case 'look_waits':
    case 'check_started':
    case 'retold':
    case 'flapping':
    case 'steady':
    case 'recurs':
    case 'owner_missed':
    case 'group_called':
    case 'set_aside':
      tellingAfter(draft, { id, event, at });
      if (event.kind === 'repeated') delete draft.closed;
      return;
    case 'acknowledged':
      draft.acknowledgedBy = event.by;
      return;
    case 'held':
      draft.hold = { by: event.by, until: event.until };
      return;
    case 'released':
      delete draft.hold;
      return;
    case 'closed':
      draft.closed = { ...event, at };
      return;
    case 'requested':
      draft.prompts = [
        ...draft.prompts,
        { ...withoutKind(event), madeAt: at, state: 'waiting', approvedBy: [], renewed: [] },
      ];
      return;
    case 'renewed':
    case 'approved':
    case 'reviewed':
    case 'rejected':
    case 'withdrawn':
    case 'expired':
    case 'superseded':
    case 'stale':
    case 'authorized':
    case 'refused':
    case 'execution_started':
      applyToPrompt(draft, event, at);
      if (event.kind === 'execution_started') {
        draft.executions = [...draft.executions, executionFrom(event, at)];
      }
      return;
    case 'step_started':
    case 'step_ended':
    case 'ahead_started':
    case 'ahead_ended':
    case 'target_ended':
    case 'progress':
    case 'cancel_requested':
    case 'executed':
    case 'sealed':
      // What comes back after a repair is no flapping: it was made right by us.
      if (event.kind === 'executed') Object.assign(draft, { openings: [], newsAt: at });
      applyToExecution(draft, event);
      return;
    case 'examined':
      draft.examined = event.lines;
      return;
    case 'asked':
      // Whoever works on it has to see it.
      draft.untold = false;
      return;
    case 'opened':
    case 'pinned':
    case 'plan_started':
      return;
  }
}

/** Findings that only remain are no news: the look that found them first goes on telling. */
function tellsNew({ lookThatFound }: Draft, { report }: EventOf<'checked'>): boolean {
  const known = new Set(lookThatFound?.report.findings.map(({ id }) => id));
  return report.findings.some(({ id }) => !known.has(id));
}

function applyToPrompt(draft: Draft, event: PromptEvent, at: Instant): void {
  const request = event.kind === 'authorized' ? event.signed.approval.request : event.request;
  draft.prompts = draft.prompts.map((prompt) => (prompt.request === request ? promptAfter(prompt, event, at) : prompt));
}

function applyToExecution(draft: Draft, event: ExecutionEvent): void {
  const id = event.kind === 'executed' ? event.receipt.id : event.receipt;
  draft.executions = draft.executions.map((execution) =>
    execution.receipt === id ? executionAfter(execution, event) : execution,
  );
  if (event.kind !== 'executed') return;
  draft.prompts = draft.prompts.map((prompt) => (prompt.receipt === id ? { ...prompt, state: 'executed' } : prompt));
}
