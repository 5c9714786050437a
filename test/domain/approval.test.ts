import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Approval,
  type ApprovalCase,
  mayDecide,
  refusalOf,
  yesesGiven,
  yesesNeeded,
} from '../../src/domain/approval.ts';
import { MEDIC } from '../../src/domain/asker.ts';
import type { RefusalCode } from '../../src/domain/fault.ts';
import { howApproved } from '../../src/domain/how-approved.ts';
import type { Plan, Risk } from '../../src/domain/plan.ts';
import { type Order, standingOf } from '../../src/domain/standing.ts';
import {
  ALICE,
  anApproval,
  aPlan,
  aPolicy,
  aRunStep,
  aTarget,
  BOB,
  CAROL,
  MALLORY,
  NOON,
  nodeNames,
} from '../support/builders/plans.ts';

const ROOT = 'cli:root';
const plan = aPlan();
const lock: Order = { kind: 'locked', id: 'l-00000001', by: BOB, at: NOON, nodes: [], models: [], reason: 'in use' };

function aCase(but: Partial<ApprovalCase> = {}): ApprovalCase {
  const judged = but.plan ?? plan;
  return {
    cluster: 'ringrift',
    plan: judged,
    approval: anApproval(judged),
    policy: aPolicy(),
    standing: standingOf([]),
    changes: [],
    nowMs: Date.parse(NOON),
    used: false,
    ...but,
  };
}

/** The refusal's code for a plan of this risk over this many nodes, asked by Alice and approved by these. */
function codeFor(
  risk: Risk,
  nodes: number,
  approvers: readonly string[],
  selfApproval: 'never' | 'cli' = 'never',
  requester = ALICE,
): RefusalCode | 'runs' {
  const judged = aPlan(nodeNames(nodes), { risk });
  const approval = anApproval(judged, { approvers: [...approvers], requester });
  return refusalOf(aCase({ plan: judged, approval, policy: aPolicy({}, { selfApproval }) }))?.code ?? 'runs';
}

describe('refusalOf', () => {
  const altered = aPlan(['vast-1'], {
    targets: [aTarget('vast-1', { steps: [aRunStep({ argv: ['set-alias', 'evil'] })] })],
  });
  it.each<[RefusalCode, string, Partial<ApprovalCase>]>([
    ['wrong_cluster', 'the approval is for another cluster', { approval: anApproval(plan, { cluster: 'other' }) }],
    [
      'wrong_cluster',
      'the plan is for another cluster',
      { plan: aPlan(['vast-1'], { cluster: 'other' }), approval: anApproval(plan) },
    ],
    ['wrong_cluster', 'this worker serves another cluster', { cluster: 'other' }],
    ['plan_altered', 'one argument of the plan was changed', { plan: altered, approval: anApproval(plan) }],
    ['request_used', 'the request has run before', { used: true }],
    ['approval_expired', 'the time is over', { nowMs: Date.parse('2026-03-01T12:01:00.001Z') }],
    ['observe_only', 'the installation only observes', { policy: aPolicy({ mode: 'observe' }) }],
    ['locked', 'a node is locked', { standing: standingOf([{ ...lock, nodes: ['vast-1'] }]) }],
    ['locked', 'a model is locked', { standing: standingOf([{ ...lock, models: ['hex8_2p'] }]) }],
    [
      'cap_reached',
      'the node was changed too often within the hour',
      {
        changes: Array.from({ length: 20 }, (_, index) => ({
          node: 'vast-1',
          atMs: Date.parse(NOON) - index * 60_000,
        })),
      },
    ],
    [
      'read_only',
      'everything is read-only',
      { standing: standingOf([{ kind: 'readonly', on: true, by: BOB, at: NOON, reason: '' }]) },
    ],
    [
      'denied',
      'an approver is not listed',
      { plan: aPlan(nodeNames(4)), approval: anApproval(aPlan(nodeNames(4)), { approvers: [BOB, MALLORY] }) },
    ],
    [
      'approval_missing',
      'too few approved',
      {
        plan: aPlan(['vast-1'], { risk: 'replaces-weights' }),
        approval: anApproval(aPlan(['vast-1'], { risk: 'replaces-weights' })),
      },
    ],
  ])('is %s when %s', (code, _, but) => {
    const refusal = refusalOf(aCase(but));
    expect(refusal?.code).toBe(code);
    expect(refusal?.text).toMatch(/^.{10,200}$/);
  });

  it('lets an approved plan run up to its last millisecond', () => {
    expect(refusalOf(aCase())).toBeUndefined();
    expect(refusalOf(aCase({ nowMs: Date.parse('2026-03-01T12:01:00.000Z') }))).toBeUndefined();
  });

  it.each<[string, Risk, number, string[], RefusalCode | 'runs']>([
    ['few nodes, reversible: the requester alone', 'reversible', 3, [ALICE], 'runs'],
    ['few nodes, restoring: the requester alone', 'restores-weights', 3, [ALICE], 'runs'],
    ['many nodes, reversible: the requester is no approver', 'reversible', 4, [ALICE], 'denied'],
    ['many nodes, reversible: one other', 'reversible', 4, [BOB], 'runs'],
    ['many nodes, restoring: one other', 'restores-weights', 4, [BOB], 'runs'],
    ['disruptive, even one node: the requester alone', 'disruptive', 1, [ALICE], 'denied'],
    ['disruptive: one other', 'disruptive', 1, [BOB], 'runs'],
    ['replacing, even one node: one other', 'replaces-weights', 1, [BOB], 'approval_missing'],
    ['replacing: the same one twice', 'replaces-weights', 1, [BOB, BOB], 'approval_missing'],
    ['replacing: two others', 'replaces-weights', 1, [BOB, CAROL], 'runs'],
    ['replacing: a shell user counts as any approver', 'replaces-weights', 1, [BOB, ROOT], 'runs'],
    ['an operator who is no approver', 'reversible', 4, [MALLORY], 'denied'],
  ])('%s', (_, risk, nodes, approvers, expected) => expect(codeFor(risk, nodes, approvers)).toBe(expected));

  it.each<[string, Risk, string[], 'never' | 'cli', string, RefusalCode | 'runs']>([
    ['an approver in Slack never approves what they asked for', 'reversible', [BOB], 'never', BOB, 'denied'],
    ['nor with selfApproval: cli, which is for the shell', 'reversible', [BOB], 'cli', BOB, 'denied'],
    ['a shell user with selfApproval: never does not either', 'reversible', [ROOT], 'never', ROOT, 'denied'],
    ['a listed shell user may with selfApproval: cli', 'replaces-weights', [ROOT], 'cli', ROOT, 'runs'],
    ['and then satisfies others’ plans alone', 'replaces-weights', [ROOT], 'cli', ALICE, 'runs'],
    ['a shell user who is not listed may not', 'replaces-weights', ['cli:mallory'], 'cli', 'cli:mallory', 'denied'],
  ])('%s', (_, risk, approvers, selfApproval, requester, expected) => {
    expect(codeFor(risk, 4, approvers, selfApproval, requester)).toBe(expected);
  });

  it('never counts the requester among those that are needed, whoever they are and however often they pressed', () => {
    const person = fc.constantFrom(ALICE, BOB, CAROL, ROOT);
    fc.assert(
      fc.property(
        fc.array(person, { minLength: 1, maxLength: 6 }),
        person,
        fc.integer({ min: 1, max: 12 }),
        (approvers, requester, nodes) => {
          const judged = aPlan(nodeNames(nodes), { risk: 'replaces-weights' });
          const refusal = refusalOf(aCase({ plan: judged, approval: anApproval(judged, { approvers, requester }) }));
          const others = new Set(approvers.filter((one) => one !== requester && one !== ALICE));
          if (refusal === undefined) expect(others.size).toBeGreaterThanOrEqual(2);
        },
      ),
    );
  });

  it('runs nothing but the plan, the cluster and the time that were approved', () => {
    const change = fc.constantFrom<(approval: Approval) => Partial<ApprovalCase>>(
      (approval) => ({ approval: { ...approval, plan: 'f'.repeat(64) } }),
      (approval) => ({ approval: { ...approval, cluster: 'other' } }),
      (approval) => ({ approval: { ...approval, notAfter: '2026-03-01T11:59:59.999Z' } }),
      (approval) => ({ approval, used: true }),
    );
    fc.assert(
      fc.property(change, fc.integer({ min: 1, max: 20 }), (changed, nodes) => {
        const judged = aPlan(nodeNames(nodes));
        expect(refusalOf(aCase({ plan: judged, ...changed(anApproval(judged)) }))).toBeDefined();
      }),
    );
  });
});

describe('groups, channels and broken glass', () => {
  const ONCALL = 'T0TEAM/S0ONCALL';
  const many = aPlan(nodeNames(9));
  const code = (approval: Partial<Approval>, policy = aPolicy(), judged = many) =>
    refusalOf(aCase({ plan: judged, policy, approval: anApproval(judged, approval) }))?.code ?? 'runs';

  it('counts a member of a listed group only as far as the signed approval vouches for it', () => {
    const policy = aPolicy({ approvers: [ONCALL], members: new Map([[ONCALL, [BOB]]]) });
    expect(code({ approvers: [BOB] }, policy)).toBe('denied');
    expect(code({ approvers: [BOB], members: { [ONCALL]: [BOB] } }, policy)).toBe('runs');
    expect(code({ approvers: [BOB], members: { 'T0TEAM/S0OTHER': [BOB] } }, policy)).toBe('denied');
  });

  it('judges each yes by the channel in which it was said', () => {
    const policy = aPolicy({ channels: new Map([['C0GPU', { nodes: new Set(['vast-1']) }]]) });
    expect(code({ approvers: [BOB], channels: { [BOB]: 'C0OPS' } }, policy)).toBe('runs');
    expect(code({ approvers: [BOB], channels: { [BOB]: 'C0GPU' } }, policy)).toBe('forbidden');
  });

  it('lets somebody named break the glass, for their own plan too, but nothing that is forbidden or locked', () => {
    const weights = aPlan(['vast-1'], { risk: 'replaces-weights' });
    const glass = { approvers: [ALICE], breakGlass: { by: ALICE, reason: 'play is down' } };
    const policy = aPolicy({ breakGlass: [ALICE] });
    expect(code(glass, policy, weights)).toBe('runs');
    expect(code(glass, aPolicy(), weights)).toBe('denied');
    expect(code({ ...glass, approvers: [BOB] }, policy, weights)).toBe('approval_missing');
    const never = [{ bounds: { nodes: new Set(['vast-1']) }, because: 'it is measured' }];
    expect(code(glass, { ...policy, never }, weights)).toBe('forbidden');
    const locked = standingOf([{ ...lock, nodes: ['vast-1'] }]);
    const judged = aCase({ plan: weights, policy, approval: anApproval(weights, glass), standing: locked });
    expect(refusalOf(judged)?.code).toBe('locked');
  });

  it('says of an approval only what there is to say', () => {
    const policy = aPolicy({ members: new Map([[ONCALL, [BOB, CAROL]]]) });
    expect(howApproved({ approvedBy: [ALICE] }, policy)).toEqual({});
    const yeses = [
      { by: BOB, channel: 'C0OPS' },
      { by: ALICE, breakGlass: 'play is down', proof: 'c2lnbmVk' },
    ];
    expect(howApproved({ approvedBy: [BOB, ALICE], yeses }, policy)).toEqual({
      channels: { [BOB]: 'C0OPS' },
      proofs: { [ALICE]: 'c2lnbmVk' },
      members: { [ONCALL]: [BOB] },
      breakGlass: { by: ALICE, reason: 'play is down' },
    });
  });
});

describe('mayDecide', () => {
  it.each<[string, string, Plan, boolean]>([
    ['an operator for a plan that needs nobody else', ALICE, plan, true],
    ['an approver for a plan that needs nobody else', BOB, plan, true],
    ['a stranger for a plan that needs nobody else', MALLORY, plan, false],
    ['an approver for a plan of many nodes', BOB, aPlan(nodeNames(9)), true],
    ['an operator for a plan of many nodes', ALICE, aPlan(nodeNames(9)), false],
  ])('%s', (_, person, judged, expected) =>
    expect(mayDecide(person, { requester: ALICE, plan: judged, policy: aPolicy() })).toBe(expected),
  );
});

describe('yeses', () => {
  const DAN = 'T0TEAM/U0DAN';
  const policy = aPolicy({ operators: [ALICE, DAN], approvers: [BOB, CAROL] });
  const many = aPlan(nodeNames(9));
  const given = (requester: string, ...people: readonly string[]): number =>
    yesesGiven(
      people.map((person) => ({ person })),
      { requester, plan: many, policy },
    );

  it('of a plan that somebody asked for are those of approvers, each once and never its requester’s', () => {
    expect(yesesNeeded(many, ALICE, policy.approvals)).toBe(1);
    expect(given(ALICE, ALICE, DAN)).toBe(0);
    expect(given(ALICE, BOB, BOB)).toBe(1);
    expect(given(BOB, BOB)).toBe(0);
  });

  it('of a plan that nobody asked for are as many people: one of them stands for who would have asked', () => {
    expect(yesesNeeded(many, MEDIC, policy.approvals)).toBe(2);
    expect(yesesNeeded(plan, MEDIC, policy.approvals)).toBe(0);
    expect(given(MEDIC, ALICE)).toBe(1);
    expect(given(MEDIC, ALICE, DAN), 'no approver among them').toBe(1);
    expect(given(MEDIC, BOB)).toBe(1);
    expect(given(MEDIC, BOB, BOB, MALLORY)).toBe(1);
    expect(given(MEDIC, ALICE, BOB)).toBe(2);
    expect(given(MEDIC, BOB, CAROL)).toBe(2);
  });

  it.each<[string, string[], string | undefined]>([
    ['one approver', [BOB], 'approval_missing'],
    ['two who may not approve', [ALICE, DAN], 'approval_missing'],
    ['an approver and a stranger', [BOB, MALLORY], 'denied'],
    ['an approver and somebody who could have asked', [BOB, ALICE], undefined],
    ['two approvers', [BOB, CAROL], undefined],
  ])('of %s for a plan of many nodes that nobody asked for', (_, approvers, code) => {
    const approval = anApproval(many, { requester: MEDIC, approvers });
    expect(refusalOf(aCase({ plan: many, policy, approval }))?.code).toBe(code);
  });
});
