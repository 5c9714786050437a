import type { Entry, Event } from '../../../src/domain/entry.ts';
import { finding } from '../../../src/domain/finding.ts';
import { type Incident, incidentOf } from '../../../src/domain/incident.ts';
import { hashPlan, type Plan } from '../../../src/domain/plan.ts';
import { ApprovalRules, type Policy } from '../../../src/domain/policy.ts';
import type { Receipt, TargetResult } from '../../../src/domain/receipt.ts';
import { mention } from '../../../src/slack/wording.ts';

export const alice = 'T0TEAM/U0ALICE';
export const bob = 'T0TEAM/U0BOB';
export const carol = 'T0TEAM/U0CAROL';
export const request = 'ab'.repeat(16);
export const digest = '3fa1'.padEnd(60, '0').concat('c09e');
export const nodes = [
  'vast-1',
  'vast-2',
  'vast-3',
  'nebius-h100-1',
  'runpod-a100-3',
  'lambda-1',
  'lambda-2',
  'lambda-3',
];
export const scope = { models: ['hex8_2p'], nodes, checks: ['alias-links'] };

export const policy: Policy = {
  operators: [alice],
  approvers: [alice, bob, carol],
  approvals: ApprovalRules.parse({ few: 2 }),
  caps: { perNodeHour: 20, perClusterHour: 200 },
  mode: 'act',
};

export const look = { names: mention, policy, cluster: 'ringrift' };

/** Entries a second apart, from 03:12 on. */
export function entriesOf(events: readonly Event[], incident = 'i-00000001'): Entry[] {
  const start = Date.parse('2026-01-05T03:12:00.000Z');
  return events.map((event, index) => ({
    id: `${start + index * 1_000}-0`,
    incident,
    at: new Date(start + index * 1_000).toISOString(),
    event,
  }));
}

/** The incident that these events add up to. */
export function incidentFrom(events: readonly Event[], id?: string): Incident {
  const incident = incidentOf(entriesOf(events, id));
  if (incident === undefined) throw new Error('the first event has to be "opened"');
  return incident;
}

export const opened: Event = {
  kind: 'opened',
  by: alice,
  text: 'check hex8_2p',
  scope,
  place: { channel: 'C0OPS' },
};

export const missing = (node: string, model = 'hex8_2p') =>
  finding({
    code: 'alias_missing',
    node,
    model,
    subject: `ringrift_best_${model}.pth`,
    severity: 'critical',
    title: `ringrift_best_${model}.pth is missing: self-play there falls back to the heuristic`,
    evidence: ['lstat: no such file'],
  });

export const wrongTarget = finding({
  code: 'alias_wrong_target',
  node: 'nebius-h100-1',
  model: 'hex8_2p',
  subject: 'ringrift_best_hex8_2p.pth',
  severity: 'critical',
  title: 'ringrift_best_hex8_2p.pth -> canonical_hex8_4p.pth: it plays the 4-player model',
  evidence: ['readlink: canonical_hex8_4p.pth'],
});

export const unknown = {
  node: 'runpod-a100-3',
  check: 'alias-links',
  reason: 'refused',
  detail: '2 tries',
} as const;

/** A look that ended. */
export function checked(report: Partial<Extract<Event, { kind: 'checked' }>['report']> = {}): Event {
  return { kind: 'checked', scope, ms: 400, expected: {}, report: { findings: [], unknown: [], notes: [], ...report } };
}

export const foundThree = checked({
  findings: [missing('vast-1'), missing('vast-2'), wrongTarget],
  unknown: [unknown],
  notes: ['transport (8 of 8 looked-at files have the promoted digest)', 'daemon (running, 0 failed last hour)'],
});

/** A plan that links aliases on these nodes. */
export function linkPlan(
  targets: readonly string[] = ['vast-2', 'vast-1', 'nebius-h100-1'],
  more: Partial<Plan> = {},
): Plan {
  return {
    cluster: 'ringrift',
    repair: 'link-aliases',
    params: {},
    summary: `set ${targets.length} aliases to canonical_hex8_2p.pth`,
    risk: 'reversible',
    source: { hex8_2p: { node: 'mac-studio', digest, bytes: 40_000_000 } },
    targets: targets.map((node) => ({
      node,
      models: ['hex8_2p'],
      before: {},
      after: {},
      steps: [
        {
          kind: 'run',
          id: 'link-1',
          title: 'link ringrift_best_hex8_2p.pth to canonical_hex8_2p.pth',
          argv: ['link-alias', '/srv/models', 'ringrift_best_hex8_2p.pth', 'canonical_hex8_2p.pth'],
          timeoutMs: 10_000,
          undo: { kind: 'run', argv: ['unlink-alias', '/srv/models', 'ringrift_best_hex8_2p.pth'] },
        },
      ],
      cures: ['f-00000000'],
    })),
    batches: [1, '100%'],
    failureBudget: 0,
    verify: ['alias-links'],
    ...more,
  };
}

/** A plan and its prompt, asked for by Alice. */
export function planned(plan: Plan, needed: number, id = request): Event[] {
  return [
    { kind: 'plan_started', by: alice },
    { kind: 'planned', by: alice, plans: [plan], refusals: [] },
    {
      kind: 'requested',
      request: id,
      plan: hashPlan(plan),
      requester: alice,
      needed,
      notAfter: '2026-01-05T03:27:04.000Z',
    },
  ];
}

/** Bob's yes, signed, and the beginning of the execution. */
export function approvedAndBegun(plan: Plan, id = request): Event[] {
  const approval = {
    cluster: 'ringrift',
    plan: hashPlan(plan),
    request: id,
    requester: alice,
    approvers: [bob],
    notAfter: '2026-01-05T03:27:04.000Z',
  };
  return [
    { kind: 'approved', request: id, by: bob },
    { kind: 'authorized', signed: { approval, key: 'bot', signature: 'c2ln' } },
    { kind: 'execution_started', receipt: 'r-0412aa07', request: id, plan: hashPlan(plan) },
  ];
}

export function result(node: string, more: Partial<TargetResult> = {}): TargetResult {
  return {
    node,
    outcome: 'verified',
    detail: '',
    before: ['ringrift_best_hex8_2p.pth: missing'],
    after: ['ringrift_best_hex8_2p.pth: -> canonical_hex8_2p.pth'],
    ms: 600,
    ...more,
  };
}

export function executed(plan: Plan, targets: readonly TargetResult[]): Event {
  const receipt: Receipt = {
    id: 'r-0412aa07',
    incident: 'i-00000001',
    plan: hashPlan(plan),
    summary: plan.summary,
    requester: alice,
    approvers: [bob],
    startedAt: '2026-01-05T03:12:08.000Z',
    endedAt: '2026-01-05T03:12:09.800Z',
    targets: [...targets],
  };
  return { kind: 'executed', receipt };
}
