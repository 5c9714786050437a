import { z } from 'zod';
import type { PersonId } from './names.ts';
import { bytesOf, type Plan } from './plan.ts';

/** How many approvers other than the requester a plan needs; decisions are in medic.yaml under `approvals`. */
export const ApprovalRules = z.strictObject({
  reversibleFew: z.int().min(0).max(5).default(0),
  reversibleMany: z.int().min(0).max(5).default(1),
  restore: z.int().min(0).max(5).default(1),
  replace: z.int().min(0).max(5).default(2),
  /** Up to this many nodes a reversible or restoring plan is `few`. */
  few: z.int().min(0).default(3),
  selfApproval: z.enum(['never', 'cli']).default('never'),
});
export type ApprovalRules = z.infer<typeof ApprovalRules>;

/** Who may do what in this cluster. */
export type Policy = {
  readonly operators: readonly PersonId[];
  readonly approvers: readonly PersonId[];
  readonly approvals: ApprovalRules;
  /** `observe`: looks and reports, changes nothing. */
  readonly mode: 'act' | 'observe';
};

export type Right = 'look' | 'operate' | 'approve';

/** Everybody with an identity may look; operators may also ask for changes; approvers may also approve them. */
export function mayDo(policy: Policy, person: PersonId, right: Right): boolean {
  if (right === 'look') return true;
  if (right === 'approve') return policy.approvers.includes(person);
  return policy.operators.includes(person) || policy.approvers.includes(person);
}

/** How many approvers besides the requester this plan needs. Zero: the requester's own press is enough. */
export function approversNeeded(plan: Plan, rules: ApprovalRules): number {
  const few = plan.targets.length <= rules.few;
  switch (plan.risk) {
    case 'replaces-weights':
      return rules.replace;
    case 'restores-weights':
      return few ? 0 : rules.restore;
    case 'reversible':
      return few ? rules.reversibleFew : rules.reversibleMany;
    case 'disruptive':
      return Math.max(1, rules.reversibleMany);
  }
}

/** Rough time a plan takes, in seconds, at a link of 100 Mbit/s; shown beside the plan, never hashed. */
export function secondsToRun(plan: Plan): number {
  return Math.max(1, Math.round(plan.targets.length * 0.6 + (bytesOf(plan) * 8) / 100_000_000));
}
