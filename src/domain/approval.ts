import { z } from 'zod';
import type { Refusal } from './fault.ts';
import { ClusterName, Instant, PersonId, RequestId } from './names.ts';
import { hashPlan, type Plan, PlanHash } from './plan.ts';
import { approversNeeded, mayDo, type Policy } from './policy.ts';
import { type Standing, standingRefusal } from './standing.ts';

/** What is signed: these people said yes to this one request for this one plan. */
export const Approval = z.strictObject({
  cluster: ClusterName,
  plan: PlanHash,
  request: RequestId,
  requester: PersonId,
  /** In the order of their decisions; the requester's own press is listed too. */
  approvers: z.array(PersonId).min(1),
  /** When the prompt ends (signatures) and until when execution may begin. */
  notAfter: Instant,
});
export type Approval = z.infer<typeof Approval>;

/** An approval, the key that signed it (`bot` or `shell`), and an Ed25519 signature over its canonical JSON, base64. */
export const SignedApproval = z.strictObject({
  approval: Approval,
  key: z.string().min(1).max(40),
  signature: z.string().min(1),
});
export type SignedApproval = z.infer<typeof SignedApproval>;

/** All that decides whether a plan may run now. The bot asks before it signs, the worker again before the first step. */
export type ApprovalCase = {
  readonly cluster: string;
  readonly plan: Plan;
  readonly approval: Approval;
  readonly policy: Policy;
  /** Locks and the read-only switch as they are now. */
  readonly standing: Standing;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  /** Whether this request has run before; the worker knows from its own state folder. */
  readonly used: boolean;
};

/** The whole policy in one pure function: the reason why this plan may not run, or nothing. */
export function refusalOf({
  cluster,
  plan,
  approval,
  policy,
  standing,
  nowMs,
  used,
}: ApprovalCase): Refusal | undefined {
  if (approval.cluster !== cluster || plan.cluster !== cluster) {
    return {
      code: 'wrong_cluster',
      text: `This plan is for cluster ${plan.cluster}, this is ${cluster}. Nothing was run.`,
    };
  }
  if (hashPlan(plan) !== approval.plan) {
    return {
      code: 'plan_altered',
      text: 'The plan is not the one that was approved: its hash differs. Nothing was run.',
    };
  }
  if (used) return { code: 'request_used', text: 'This request has run already. Ask for a new plan to run it again.' };
  if (nowMs > Date.parse(approval.notAfter)) {
    return {
      code: 'approval_expired',
      text: `The approval ended at ${approval.notAfter}. Nothing was run; ask for the plan again.`,
    };
  }
  if (policy.mode === 'observe')
    return {
      code: 'observe_only',
      text: 'This installation only observes (mode: observe in medic.yaml). Nothing was run.',
    };
  return standingRefusal(standing, plan) ?? missingApproval(plan, approval, policy);
}

/** Why the decisions so far do not suffice: not listed, self-approval, or too few. */
function missingApproval(plan: Plan, approval: Approval, policy: Policy): Refusal | undefined {
  const stranger = approval.approvers.find((person) => !mayDecide(person, approval.requester, plan, policy));
  if (stranger !== undefined) return { code: 'denied', text: `${stranger} may not approve this plan.` };
  if (approvedInShell(approval.approvers, policy)) return undefined;
  const needed = approversNeeded(plan, policy.approvals);
  if (needed === 0) return undefined;
  const others = othersOf(approval);
  return others.length >= needed
    ? undefined
    : { code: 'approval_missing', text: `${others.length} of ${needed} approvals. Nothing was run yet.` };
}

/** Approvers other than the requester, each once. */
export function othersOf(approval: Pick<Approval, 'approvers' | 'requester'>): PersonId[] {
  return [...new Set(approval.approvers)].filter((person) => person !== approval.requester);
}

/** Whether this person's yes can count for this plan at all: an approver, or the requester of a plan that needs nobody else. */
export function mayDecide(person: PersonId, requester: PersonId, plan: Plan, policy: Policy): boolean {
  const alone = approversNeeded(plan, policy.approvals) === 0;
  if (alone) return mayDo(policy, person, 'operate');
  if (person !== requester) return mayDo(policy, person, 'approve');
  return approvedInShell([person], policy);
}

/** With `selfApproval: cli` one listed approver in a shell satisfies any plan. */
function approvedInShell(approvers: readonly PersonId[], policy: Policy): boolean {
  return (
    policy.approvals.selfApproval === 'cli' &&
    approvers.some((person) => person.startsWith('cli:') && mayDo(policy, person, 'approve'))
  );
}
