import type { Approval } from '../../../src/domain/approval.ts';
import { hashPlan, type Plan, type Step, type Target } from '../../../src/domain/plan.ts';
import type { ApprovalRules, Policy } from '../../../src/domain/policy.ts';
import type { Receipt, TargetResult } from '../../../src/domain/receipt.ts';

/** A digest of one hex digit, 64 times. */
export function aDigest(digit = 'a'): string {
  return digit.repeat(64);
}

/** A step that sets an alias and can be taken back. */
export function aRunStep(but: Partial<Extract<Step, { kind: 'run' }>> = {}): Step {
  return {
    kind: 'run',
    id: 'set-hex8-2p',
    title: 'set ringrift_best_hex8_2p.pth -> canonical_hex8_2p.pth',
    timeoutMs: 20_000,
    undo: { kind: 'run', argv: ['unset-alias', 'ringrift_best_hex8_2p.pth', '{receipt}'] },
    argv: ['set-alias', 'ringrift_best_hex8_2p.pth', 'canonical_hex8_2p.pth', '{receipt}'],
    ...but,
  };
}

/** A step that brings a model of 40 MB. */
export function aTransfer(but: Partial<Extract<Step, { kind: 'transfer' }>> = {}): Step {
  return {
    kind: 'transfer',
    id: 'send-hex8-2p',
    title: 'bring canonical_hex8_2p.pth (40 MB)',
    timeoutMs: 600_000,
    undo: { kind: 'run', argv: ['unplace-model', 'canonical_hex8_2p.pth', '{receipt}'] },
    model: 'hex8_2p',
    file: 'canonical_hex8_2p.pth',
    digest: aDigest('b'),
    bytes: 40_000_000,
    mtimeS: 1_750_000_000,
    sources: ['mac-studio'],
    transports: ['rsync', 'stream'],
    folder: '~/ringrift/ai-service/models',
    folderId: '2049:77',
    before: { kind: 'absent' },
    ...but,
  };
}

/** One node's part of a plan: an alias that is absent is set. */
export function aTarget(node: string, but: Partial<Target> = {}): Target {
  return {
    node,
    models: ['hex8_2p'],
    before: { 'ringrift_best_hex8_2p.pth': { kind: 'absent' } },
    after: { 'ringrift_best_hex8_2p.pth': { kind: 'link', text: 'canonical_hex8_2p.pth' } },
    steps: [aRunStep()],
    cures: ['f-00000001'],
    ...but,
  };
}

/** A reversible plan for these nodes; `but` says what is different about it. */
export function aPlan(nodes: readonly string[] = ['vast-1'], but: Partial<Plan> = {}): Plan {
  return {
    cluster: 'ringrift',
    repair: 'link-aliases',
    params: {},
    summary: 'set aliases to their canonical files',
    risk: 'reversible',
    source: {},
    targets: nodes.map((node) => aTarget(node)),
    batches: [1, '100%'],
    failureBudget: 0,
    verify: ['alias-links'],
    ...but,
  };
}

/** `count` node names. */
export function nodeNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `vast-${index + 1}`);
}

export const ALICE = 'T0TEAM/U0ALICE';
export const BOB = 'T0TEAM/U0BOB';
export const CAROL = 'T0TEAM/U0CAROL';
export const MALLORY = 'T0TEAM/U0MALLORY';

const RULES: ApprovalRules = {
  reversibleFew: 0,
  reversibleMany: 1,
  restore: 1,
  replace: 2,
  few: 3,
  selfApproval: 'never',
};

/** Alice operates, Bob, Carol and the shell user `root` approve, with the default rules. */
export function aPolicy(but: Partial<Policy> = {}, rules: Partial<ApprovalRules> = {}): Policy {
  return {
    operators: [ALICE],
    approvers: [BOB, CAROL, 'cli:root'],
    approvals: { ...RULES, ...rules },
    caps: { perNodeHour: 20, perClusterHour: 200 },
    mode: 'act',
    ...but,
  };
}

export const REQUEST = '0123456789abcdef0123456789abcdef';
export const NOON = '2026-03-01T12:00:00.000Z';

/** What Bob approved for Alice until a minute after noon. */
export function anApproval(plan: Plan, but: Partial<Approval> = {}): Approval {
  return {
    cluster: plan.cluster,
    plan: hashPlan(plan),
    request: REQUEST,
    requester: ALICE,
    approvers: [BOB],
    notAfter: '2026-03-01T12:01:00.000Z',
    ...but,
  };
}

/** How one node ended. */
export function aResult(node: string, but: Partial<TargetResult> = {}): TargetResult {
  return {
    node,
    outcome: 'verified',
    detail: 'the check is clear',
    before: ['ringrift_best_hex8_2p.pth: missing'],
    after: ['ringrift_best_hex8_2p.pth: -> canonical_hex8_2p.pth'],
    ms: 600,
    ...but,
  };
}

/** A receipt over these endings. */
export function aReceipt(targets: readonly TargetResult[], but: Partial<Receipt> = {}): Receipt {
  return {
    id: 'r-0412aa07',
    incident: 'i-00000001',
    plan: hashPlan(aPlan(targets.map(({ node }) => node))),
    summary: 'set aliases to their canonical files',
    requester: ALICE,
    approvers: [BOB],
    startedAt: NOON,
    endedAt: '2026-03-01T12:00:01.800Z',
    targets: [...targets],
    ...but,
  };
}
