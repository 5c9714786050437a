import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ApprovalCase, refusalOf } from '../../src/domain/approval.ts';
import { Envelope, grantRefusal, hashEnvelope, outsideOf, phaseOf } from '../../src/domain/envelope.ts';
import type { Plan, Risk } from '../../src/domain/plan.ts';
import { type Order, standingOf } from '../../src/domain/standing.ts';
import { aGrant, anEnvelope, ENVELOPE, givenOrders } from '../support/builders/envelopes.ts';
import {
  ALICE,
  aDigest,
  anApproval,
  aPlan,
  aPolicy,
  aRunStep,
  aTarget,
  aTransfer,
  BOB,
  CAROL,
  NOON,
} from '../support/builders/plans.ts';

const nowMs = Date.parse(NOON);
const inside = aPlan(['vast-1', 'vast-2']);
const weights = anEnvelope({ repairs: ['resync-model'] });
const sending = (digest: string): Plan =>
  aPlan(['vast-1'], {
    repair: 'resync-model',
    risk: 'restores-weights',
    source: { hex8_2p: { node: 'hub', digest: aDigest('b'), bytes: 40_000_000 } },
    targets: [aTarget('vast-1', { steps: [aTransfer({ digest })] })],
  });

describe('a standing approval', () => {
  it('covers what is inside its bounds', () => {
    expect(outsideOf(anEnvelope(), inside, [], nowMs)).toBeUndefined();
    expect(outsideOf(weights, sending(aDigest('b')), [], nowMs)).toBeUndefined();
  });

  it.each<[string, Plan, Partial<Envelope>]>([
    ['another cluster', aPlan(['vast-1'], { cluster: 'other' }), {}],
    ['another repair', aPlan(['vast-1'], { repair: 'retire-alias' }), {}],
    ['a plan with wishes of its own', aPlan(['vast-1'], { params: { force: true } }), {}],
    ['weights that are replaced', aPlan(['vast-1'], { risk: 'replaces-weights' }), {}],
    ['a gap for readers', aPlan(['vast-1'], { risk: 'disruptive' }), {}],
    [
      'a step without a way back',
      aPlan(['vast-1'], {
        targets: [aTarget('vast-1', { steps: [aRunStep({ undo: { kind: 'none', because: 'it is gone' } })] })],
      }),
      {},
    ],
    ['a node that is not named', aPlan(['vast-9']), {}],
    ['a model that is not named', aPlan(['vast-1'], { targets: [aTarget('vast-1', { models: ['hex8_4p'] })] }), {}],
    ['more nodes than a plan may have', aPlan(['vast-1', 'vast-2', 'vast-3']), {}],
    ['bytes that are not those of the source on record', sending(aDigest('c')), { repairs: ['resync-model'] }],
  ])('does not cover %s', (_, plan, but) => {
    const refusal = outsideOf(anEnvelope(but), plan, [], nowMs);
    expect(refusal?.code).toBe('outside_standing');
    expect(refusal?.text).toContain(ENVELOPE);
  });

  it('does not cover more changes than an hour may have', () => {
    const changes = ['vast-1', 'vast-2'].map((node) => ({ node, atMs: nowMs - 60_000 }));
    expect(outsideOf(anEnvelope(), aPlan(['vast-3']), changes, nowMs)).toBeUndefined();
    expect(outsideOf(anEnvelope(), inside, changes, nowMs)?.text).toContain('3 changes an hour, and 2 were made');
    expect(outsideOf(anEnvelope(), inside, changes, nowMs + 3_600_000)).toBeUndefined();
  });

  it.each<[string, Parameters<typeof aGrant>[0], Parameters<typeof aPolicy>[0], number]>([
    ['it is in shadow', { live: false }, {}, nowMs],
    ['its time is over', {}, {}, Date.parse('2026-03-15T12:00:00.001Z')],
    ['one of its approvers may not approve any more', {}, { approvers: [BOB] }, nowMs],
    ['its proposer is one of the two', { approvers: [ALICE, BOB] }, { approvers: [ALICE, BOB] }, nowMs],
    ['one person is named twice', { approvers: [BOB, BOB] }, {}, nowMs],
    ['it is for longer than 30 days', { envelope: anEnvelope({ until: '2026-04-01T12:00:00.000Z' }) }, {}, nowMs],
  ])('lets nothing run when %s', (_, but, policy, at) => {
    expect(grantRefusal(aGrant(but), aPolicy(policy), at)?.code).toBe('outside_standing');
  });

  it('lets a plan run when all of it holds', () => expect(grantRefusal(aGrant(), aPolicy(), nowMs)).toBeUndefined());

  it('can name no repair that replaces weights', () => {
    for (const repair of ['pin', 'replace-alias-file', 'distribute', 're-export', 'rollback', 'restore-source'])
      expect(Envelope.safeParse({ ...anEnvelope(), repairs: [repair] }).success, repair).toBe(false);
  });

  it('goes through its phases, and never back', () => {
    const phase = (orders: Parameters<typeof standingOf>[0], at = nowMs) => {
      const state = standingOf(orders).envelopes.get(ENVELOPE);
      return state === undefined ? undefined : phaseOf(state, at);
    };
    const stopped = { kind: 'envelope_stopped', id: ENVELOPE, by: ALICE, at: NOON, reason: 'enough' } as const;
    expect(phase(givenOrders(true).slice(0, 1))).toBe('proposed');
    expect(phase(givenOrders(false))).toBe('shadow');
    expect(phase(givenOrders(true))).toBe('live');
    expect(phase(givenOrders(true), Date.parse('2026-03-16T00:00:00.000Z'))).toBe('ended');
    expect(phase([...givenOrders(true), stopped, ...givenOrders(true)])).toBe('stopped');
    expect(phase([stopped])).toBeUndefined();
  });
});

describe('refusalOf under a standing approval', () => {
  const aCase = (plan: Plan, but: Partial<ApprovalCase> = {}, standing = hashEnvelope(anEnvelope())): ApprovalCase => ({
    cluster: 'ringrift',
    plan,
    approval: { ...anApproval(plan, { requester: 'alert:standing', approvers: [BOB, CAROL] }), standing },
    policy: aPolicy(),
    standing: standingOf([]),
    changes: [],
    under: { grant: aGrant(), changes: [], stopped: false },
    nowMs,
    used: false,
    ...but,
  });

  it('lets run what is inside, once, and what is not locked', () => {
    expect(refusalOf(aCase(inside))).toBeUndefined();
    expect(refusalOf(aCase(inside, { used: true }))?.code).toBe('request_used');
    const lock: Order = {
      kind: 'locked',
      id: 'l-00000001',
      by: BOB,
      at: NOON,
      nodes: ['vast-1'],
      models: [],
      reason: '',
    };
    expect(refusalOf(aCase(inside, { standing: standingOf([lock]) }))?.code).toBe('locked');
  });

  it.each<[string, Partial<ApprovalCase>, string | undefined]>([
    ['there is no grant', { under: undefined }, undefined],
    ['it was stopped', { under: { grant: aGrant(), changes: [], stopped: true } }, undefined],
    ['the approval names other bounds', {}, hashEnvelope(anEnvelope({ nodesPerPlan: 900 }))],
    [
      'the grant is for wider bounds than the approval',
      { under: { grant: aGrant({ envelope: anEnvelope({ perHour: 999 }) }), changes: [], stopped: false } },
      undefined,
    ],
  ])('lets nothing run when %s', (_, but, hash) => {
    expect(refusalOf(aCase(inside, but, hash ?? hashEnvelope(anEnvelope())))?.code).toBe('outside_standing');
  });

  it('never lets anything run that replaces weights or leaves its bounds, whatever they are', () => {
    const risk = fc.constantFrom<Risk>('reversible', 'disruptive', 'restores-weights', 'replaces-weights');
    const nodes = fc.uniqueArray(fc.constantFrom('vast-1', 'vast-2', 'vast-3', 'vast-4'), { minLength: 1 });
    fc.assert(
      fc.property(
        risk,
        nodes,
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 4 }),
        (how, named, most, hour) => {
          const envelope = anEnvelope({ nodesPerPlan: most, perHour: hour });
          const plan = aPlan(named, { risk: how });
          const under = { grant: aGrant({ envelope }), changes: [], stopped: false };
          const runs = refusalOf(aCase(plan, { under }, hashEnvelope(envelope))) === undefined;
          if (!runs) return;
          expect(how === 'reversible' || how === 'restores-weights').toBe(true);
          expect(named.length).toBeLessThanOrEqual(Math.min(most, hour));
          expect(named).not.toContain('vast-4');
        },
      ),
    );
  });
});
