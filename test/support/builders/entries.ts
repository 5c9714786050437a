import type { Entry, Event, EventOf, Scope } from '../../../src/domain/entry.ts';
import { type Finding, finding } from '../../../src/domain/finding.ts';
import { hashPlan, type Plan } from '../../../src/domain/plan.ts';
import { ALICE, anApproval, REQUEST } from './plans.ts';

export const INCIDENT = 'i-00000001';

/** One model on one node, or what `but` says. */
export function aScope(but: Partial<Scope> = {}): Scope {
  return { models: ['hex8_2p'], nodes: ['vast-1'], checks: ['alias-links'], ...but };
}

/** Entries of one incident in order, a second apart from noon on. */
export function entriesOf(...events: readonly Event[]): Entry[] {
  return events.map((event, index) => ({
    id: `${index + 1}-0`,
    incident: INCIDENT,
    at: new Date(Date.UTC(2026, 2, 1, 12, 0, index)).toISOString(),
    event,
  }));
}

/** Alice typed `check`. */
export function opened(but: Partial<EventOf<'opened'>> = {}): Event {
  return { kind: 'opened', by: ALICE, text: 'check', scope: aScope(), ...but };
}

export const lookStarted: Event = { kind: 'check_started', scope: aScope(), fresh: false };

/** A look that ended with these findings; clear without any. */
export function looked(findings: readonly Finding[] = [], but: Partial<EventOf<'checked'>['report']> = {}): Event {
  const report = { findings: [...findings], unknown: [], notes: [], ...but };
  return { kind: 'checked', scope: aScope(), report, ms: 400, expected: {} };
}

/** A missing alias. */
export function aFinding(node = 'vast-1', but: Partial<Omit<Finding, 'id'>> = {}): Finding {
  return finding({
    code: 'alias_missing',
    node,
    model: 'hex8_2p',
    subject: 'ringrift_best_hex8_2p.pth',
    severity: 'critical',
    title: 'ringrift_best_hex8_2p.pth is missing',
    evidence: [],
    ...but,
  });
}

/** Plans were made for Alice. */
export function planned(...plans: readonly Plan[]): Event {
  return { kind: 'planned', by: ALICE, plans: [...plans], refusals: [] };
}

/** The plan was put up for approval. */
export function requested(plan: Plan, but: Partial<EventOf<'requested'>> = {}): Event {
  const notAfter = '2026-03-01T12:15:00.000Z';
  return { kind: 'requested', request: REQUEST, plan: hashPlan(plan), requester: ALICE, needed: 1, notAfter, ...but };
}

/** Bob's approval was signed. */
export function authorized(plan: Plan): Event {
  return { kind: 'authorized', signed: { approval: anApproval(plan), key: 'bot', signature: 'c2lnbmVk' } };
}

/** A worker began. */
export function started(plan: Plan, but: Partial<EventOf<'execution_started'>> = {}): Event {
  return { kind: 'execution_started', receipt: 'r-0412aa07', request: REQUEST, plan: hashPlan(plan), ...but };
}
