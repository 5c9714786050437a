import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/domain/entry.ts';
import { type Incident, incidentOf } from '../../src/domain/incident.ts';
import type { IncidentStatus } from '../../src/domain/incident-status.ts';
import { hashPlan } from '../../src/domain/plan.ts';
import type { PromptState } from '../../src/domain/prompt-state.ts';
import {
  aFinding,
  authorized,
  entriesOf,
  looked,
  lookStarted,
  opened,
  planned,
  requested,
  started,
} from '../support/builders/entries.ts';
import { ALICE, aPlan, aReceipt, aResult, BOB, CAROL, REQUEST } from '../support/builders/plans.ts';

const plan = aPlan();
const RECEIPT = 'r-0412aa07';
const approved: Event = { kind: 'approved', request: REQUEST, by: BOB };
const rejected: Event = { kind: 'rejected', request: REQUEST, by: CAROL, reason: 'disk swap' };
const expired: Event = { kind: 'expired', request: REQUEST };
const withdrawn: Event = { kind: 'withdrawn', request: REQUEST, by: CAROL, reason: 'not wanted' };
const stale: Event = { kind: 'stale', request: REQUEST, because: 'vast-1 is right by now' };
const renewed: Event = { kind: 'renewed', request: REQUEST, by: BOB };
const superseded: Event = { kind: 'superseded', request: REQUEST, because: 'asked for again' };
const refused: Event = { kind: 'refused', request: REQUEST, by: ALICE, code: 'approval_expired', text: 'too late' };
const executed: Event = { kind: 'executed', receipt: aReceipt([aResult('vast-1')]) };
const found = looked([aFinding()]);
const upToPrompt: readonly Event[] = [opened(), lookStarted, found, planned(plan), requested(plan)];

function incident(...events: readonly Event[]): Incident {
  const told = incidentOf(entriesOf(...events));
  if (told === undefined) throw new Error('no incident');
  return told;
}

describe('incidentOf', () => {
  it('is nothing without a beginning', () => {
    expect(incidentOf([])).toBeUndefined();
    expect(incidentOf(entriesOf(lookStarted, opened()))).toBeUndefined();
  });

  it.each<[IncidentStatus, string, readonly Event[]]>([
    ['looking', 'it was opened', [opened()]],
    ['looking', 'a look runs', [opened(), lookStarted]],
    ['clear', 'the look found nothing', [opened(), lookStarted, looked()]],
    ['open', 'the look found something', [opened(), lookStarted, found]],
    ['looking', 'a second look runs', [opened(), lookStarted, found, lookStarted]],
    [
      'needs_a_human',
      'the only look could not be made',
      [opened(), lookStarted, { kind: 'check_failed', detail: 'x' }],
    ],
    ['planning', 'a plan is being made', [opened(), found, { kind: 'plan_started', by: ALICE }]],
    [
      'open',
      'planning failed',
      [opened(), found, { kind: 'plan_started', by: ALICE }, { kind: 'plan_failed', detail: 'x' }],
    ],
    ['open', 'nothing could be planned', [opened(), found, { kind: 'plan_started', by: ALICE }, planned()]],
    ['awaiting_approval', 'a prompt waits', upToPrompt],
    ['awaiting_approval', 'one of two approved', [...upToPrompt, approved]],
    ['open', 'the prompt was rejected', [...upToPrompt, rejected]],
    ['open', 'the prompt expired', [...upToPrompt, expired]],
    ['repairing', 'it was signed', [...upToPrompt, approved, authorized(plan)]],
    ['repairing', 'a worker runs it', [...upToPrompt, authorized(plan), started(plan)]],
    ['open', 'the worker refused it', [...upToPrompt, authorized(plan), refused]],
    ['verifying', 'it ran and nobody has looked again', [...upToPrompt, authorized(plan), started(plan), executed]],
    [
      'resolved',
      'it ran and the look after it is clear',
      [...upToPrompt, authorized(plan), started(plan), executed, looked()],
    ],
    [
      'clear',
      'an unknown node is not a finding',
      [opened(), looked([], { unknown: [{ node: 'vast-1', check: 'alias-links', reason: 'refused', detail: 'x' }] })],
    ],
    ['resolved', 'an alert came and nothing is wrong', [opened({ alert: 'MODEL_CORRUPTED' }), looked()]],
  ])('%s: %s', (status, _, events) => expect(incident(...events).status).toBe(status));

  it.each(['stuck', 'lost'] as const)('needs a human when a node is %s and something is still wrong', (outcome) => {
    const end: Event = { kind: 'executed', receipt: aReceipt([aResult('vast-1', { outcome })]) };
    expect(incident(...upToPrompt, authorized(plan), started(plan), end, found).status).toBe('needs_a_human');
    expect(incident(...upToPrompt, authorized(plan), started(plan), end, looked()).status).toBe('resolved');
  });

  describe('when nodes fall silent', () => {
    const silent = looked([], { unknown: [{ node: 'vast-1', check: 'alias-links', reason: 'refused', detail: 'x' }] });
    const lost: Event = { kind: 'executed', receipt: aReceipt([aResult('vast-1', { outcome: 'lost' })]) };
    it.each<[IncidentStatus, string, readonly Event[]]>([
      ['open', 'a node that was wrong is not right because it no longer answers', [opened(), found, silent]],
      ['open', 'nor when it stays silent', [opened(), found, silent, silent]],
      ['resolved', 'it is right when it answers and is clear', [opened(), found, silent, looked()]],
      ['open', 'an alert is not resolved by nodes that do not tell', [opened({ alert: 'x' }), silent]],
      ['needs_a_human', 'a lost step on a silent node', [...upToPrompt, authorized(plan), started(plan), lost, silent]],
    ])('%s: %s', (status, _, events) => expect(incident(...events).status).toBe(status));
  });

  it('is an incident from the first finding or by its alert, and stays one', () => {
    expect(incident(opened(), looked()).isIncident).toBe(false);
    expect(incident(opened(), found, looked()).isIncident).toBe(true);
    expect(incident(opened({ alert: 'x' })).isIncident).toBe(true);
  });

  it('keeps the look that found something beside the latest one', () => {
    const { look, lookThatFound, findings } = incident(opened(), found, looked());
    expect(findings).toEqual([]);
    expect(look?.report.findings).toEqual([]);
    expect(lookThatFound?.report.findings).toEqual([aFinding()]);
  });

  it('goes on telling of the first look while its findings only remain, and of a later one that found something new', () => {
    const more = aFinding('vast-9');
    const both = looked([aFinding(), more]);
    expect(incident(opened(), both, found).lookThatFound?.report.findings).toEqual([aFinding(), more]);
    expect(incident(opened(), found, both).lookThatFound?.report.findings).toEqual([aFinding(), more]);
  });
});

describe('a prompt', () => {
  const inState: Readonly<Record<PromptState, readonly Event[]>> = {
    waiting: [],
    authorized: [authorized(plan)],
    running: [authorized(plan), started(plan)],
    executed: [authorized(plan), started(plan), executed],
    rejected: [rejected],
    expired: [expired],
    superseded: [superseded],
    withdrawn: [withdrawn],
    stale: [stale],
    refused: [authorized(plan), refused],
  };
  const events = {
    approved,
    rejected,
    expired,
    superseded,
    withdrawn,
    stale,
    renewed,
    authorized: authorized(plan),
    refused,
    started: started(plan),
  };
  /** What each event makes of a prompt in each state; whatever is not listed changes nothing. */
  const becomes: Partial<Record<PromptState, Partial<Record<keyof typeof events, PromptState>>>> = {
    waiting: {
      rejected: 'rejected',
      expired: 'expired',
      superseded: 'superseded',
      withdrawn: 'withdrawn',
      stale: 'stale',
      authorized: 'authorized',
    },
    authorized: { refused: 'refused', started: 'running' },
  };

  const rows = (Object.keys(inState) as PromptState[]).flatMap((state) =>
    // The keys of a literal are the ones written above.
    (Object.keys(events) as (keyof typeof events)[]).map(
      (name) => [state, name, becomes[state]?.[name] ?? state] as const,
    ),
  );
  it.each(rows)('that is %s becomes, by %s, %s', (state, name, next) => {
    expect(incident(...upToPrompt, ...inState[state]).prompts[0]?.state).toBe(state);
    expect(incident(...upToPrompt, ...inState[state], events[name]).prompts[0]?.state).toBe(next);
  });

  it('that has ended never comes back, whatever follows', () => {
    const ended = ['rejected', 'withdrawn', 'expired', 'superseded', 'stale', 'refused', 'executed'] as const;
    const any = fc.constantFrom(...Object.values(events), executed);
    fc.assert(
      fc.property(fc.constantFrom(...ended), fc.array(any, { maxLength: 12 }), (state, more) => {
        const before = incident(...upToPrompt, ...inState[state]).prompts[0];
        const after = incident(...upToPrompt, ...inState[state], ...more).prompts[0];
        expect(after?.state).toBe(state);
        expect(after?.ended).toEqual(before?.ended);
      }),
    );
  });

  it('says who ended it, when and why', () => {
    expect(incident(...upToPrompt, rejected).prompts[0]?.ended).toEqual({
      by: CAROL,
      at: '2026-03-01T12:00:05.000Z',
      why: 'disk swap',
    });
  });

  it('counts a person once', () => {
    expect(incident(...upToPrompt, approved, approved).prompts[0]?.approvedBy).toEqual([BOB]);
  });

  it('is not touched by what happens to another request', () => {
    const other = 'f'.repeat(32);
    expect(incident(...upToPrompt, { ...rejected, request: other } as Event).prompts[0]?.state).toBe('waiting');
  });
});

describe('an execution', () => {
  const running = [...upToPrompt, authorized(plan), started(plan)];
  const begin: Event = {
    kind: 'step_started',
    receipt: RECEIPT,
    node: 'vast-1',
    step: 's1',
    title: 'set it',
    undo: false,
    temporary: '.medic-x',
  };
  const end: Event = {
    kind: 'step_ended',
    receipt: RECEIPT,
    node: 'vast-1',
    step: 's1',
    undo: false,
    ok: true,
    detail: '',
    ms: 5,
  };

  it('knows which steps began and did not end: after a crash these are lost', () => {
    const cut = incident(...running, begin).executions[0];
    expect([...(cut?.begun.values() ?? [])]).toMatchObject([{ node: 'vast-1', temporary: '.medic-x' }]);
    const whole = incident(...running, begin, end).executions[0];
    expect(whole?.begun.size).toBe(0);
    expect(whole?.touched).toEqual(new Set(['vast-1']));
  });

  it('does not take the undoing of a step for the step', () => {
    const undoing: Event = { ...begin, undo: true } as Event;
    expect(incident(...running, begin, end, undoing).executions[0]?.begun.size).toBe(1);
  });

  it('does not take bytes that come ahead for a change, and knows their names until a step has taken them', () => {
    const bytes = { receipt: RECEIPT, node: 'vast-1', step: 's1' };
    const coming: Event = { kind: 'ahead_started', ...bytes, temporary: '.medic-x' };
    const there: Event = { kind: 'ahead_ended', ...bytes, ok: true, detail: 'by relay from vast-2', ms: 5 };
    const early = (...events: Event[]) => [...(incident(...running, ...events).executions[0]?.ahead.values() ?? [])];
    expect(early(coming)).toEqual([{ ...bytes, temporary: '.medic-x', whole: false }]);
    expect(early(coming, there)).toEqual([{ ...bytes, temporary: '.medic-x', whole: true }]);
    expect(early(coming, { ...there, ok: false })).toEqual([{ ...bytes, temporary: '.medic-x', whole: false }]);
    expect(incident(...running, coming, there).executions[0]).toMatchObject({ begun: new Map(), touched: new Set() });
    expect(early(coming, there, { ...begin, step: 's2' } as Event)).toHaveLength(1);
    expect(early(coming, there, begin)).toEqual([]);
    expect(early(there)).toEqual([]);
  });

  it('holds one ending a node, how far its transfer is, and in the end its receipt', () => {
    const result = aResult('vast-1', { outcome: 'rolled_back' });
    const told = incident(
      ...running,
      { kind: 'progress', receipt: RECEIPT, node: 'vast-1', percent: 50, transport: 'stream' },
      { kind: 'target_ended', receipt: RECEIPT, result: aResult('vast-1') },
      { kind: 'target_ended', receipt: RECEIPT, result },
    ).executions[0];
    expect(told).toMatchObject({ results: [result], plan: hashPlan(plan) });
    expect(told?.progress.get('vast-1')?.percent).toBe(50);
    // It was about the step before.
    const next = incident(
      ...running,
      { kind: 'progress', receipt: RECEIPT, node: 'vast-1', percent: 50, transport: 'stream' },
      begin,
    );
    expect(next.executions[0]?.progress.size).toBe(0);
    expect(incident(...running, executed).executions[0]?.finished).toEqual(aReceipt([aResult('vast-1')]));
  });
});

it('the same entries give the same incident, and reading them changes none of them', () => {
  const events = [...upToPrompt, approved, authorized(plan), started(plan), executed, looked()];
  fc.assert(
    fc.property(fc.shuffledSubarray(events.slice(1)), (some) => {
      const entries = entriesOf(opened(), ...some);
      const frozen = JSON.stringify(entries);
      expect(incidentOf(entries)).toEqual(incidentOf(entries));
      expect(JSON.stringify(entries)).toBe(frozen);
    }),
  );
});
