import { z } from 'zod';
import { isUnasked } from './asker.ts';
import { type Change, capRefusal, isCapped } from './caps.ts';
import { deedOf } from './deed.ts';
import { Sha256 } from './digest.ts';
import { type Grant, grantRefusal, hashEnvelope, outsideOf } from './envelope.ts';
import type { Refusal } from './fault.ts';
import { ClusterName, Instant, PersonId, RequestId } from './names.ts';
import { hashPlan, type Plan, PlanHash } from './plan.ts';
import { type ApprovalRules, approversNeeded, forbidden, isListed, mayDo, type Policy } from './policy.ts';
import { type Standing, standingRefusal } from './standing.ts';

/** How somebody said yes, beside who it was. */
export const Yes = z.strictObject({
  /** The Slack channel it was said in; absent: in a shell. */
  channel: z.string().max(40).optional(),
  /** Why it is to run without the approvals that it needs. */
  breakGlass: z.string().min(1).max(300).optional(),
  /** Of somebody with a key of their own: its signature over what is approved, base64. */
  proof: z.string().max(200).optional(),
});
export type Yes = z.infer<typeof Yes>;

/** What somebody with a key of their own signs: this person says yes to this request for this plan. */
export type OwnYes = {
  readonly cluster: string;
  readonly plan: PlanHash;
  readonly request: RequestId;
  readonly by: PersonId;
};

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
  /** The Slack channel in which each of them said so; who is not in it did so in a shell. */
  channels: z.record(PersonId, z.string().max(40)).optional(),
  /** User groups of which approvers were members then, by the group's id; whoever signs vouches for it. */
  members: z.record(PersonId, z.array(PersonId)).optional(),
  /** Signatures of those approvers who have a key of their own (`OwnYes`), base64. */
  proofs: z.record(PersonId, z.string()).optional(),
  /** This person let it run without the approvals that it needs. */
  breakGlass: z.strictObject({ by: PersonId, reason: z.string().min(1).max(300) }).optional(),
  /** Given in advance: the hash of the standing approval that it was taken from. */
  standing: Sha256.optional(),
});
export type Approval = z.infer<typeof Approval>;

/** An approval, the key that signed it (`bot` or `shell`), and an Ed25519 signature over its canonical JSON, base64. */
export const SignedApproval = z.strictObject({
  approval: Approval,
  key: z.string().min(1).max(40),
  signature: z.string().min(1),
});
export type SignedApproval = z.infer<typeof SignedApproval>;

/** A standing approval as it is when a plan is to run under it. */
export type UnderStanding = {
  readonly grant: Grant;
  /** Changes under it within the last hour. */
  readonly changes: readonly Change[];
  readonly stopped: boolean;
};

/** All that decides whether a plan may run now. The bot asks before it signs, the worker again before the first step. */
export type ApprovalCase = {
  readonly cluster: string;
  readonly plan: Plan;
  readonly approval: Approval;
  readonly policy: Policy;
  /** Locks and the read-only switch as they are now. */
  readonly standing: Standing;
  /** Changes of the last hour, for the caps. */
  readonly changes: readonly Change[];
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  /** The standing approval that an approval names; its signature is judged by whoever has the keys. */
  readonly under?: UnderStanding | undefined;
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
  changes,
  under,
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
  const never = approval.approvers.map((person) => forbidden(policy, deedOf(plan, approval.channels?.[person])));
  const first = never.find((one) => one !== undefined);
  if (first !== undefined) return { ...first, text: `${first.text} Nothing was run.` };
  // Who is in a user group is vouched for by the signature, so that a worker needs nobody's word in Redis.
  const known = { ...policy, members: new Map(Object.entries(approval.members ?? {})) };
  return (
    standingRefusal(standing, plan) ??
    (approval.standing === undefined
      ? missingApproval(plan, approval, known)
      : missingStanding(plan, approval.standing, under, { policy: known, nowMs })) ??
    overCaps(plan, changes, policy, nowMs)
  );
}

/** Why a plan may not run under a standing approval: there is none, it was stopped, nobody gave it, or the plan is not inside it. */
function missingStanding(
  plan: Plan,
  hash: Sha256,
  under: UnderStanding | undefined,
  { policy, nowMs }: { readonly policy: Policy; readonly nowMs: number },
): Refusal | undefined {
  if (under === undefined || hashEnvelope(under.grant.envelope) !== hash)
    return { code: 'outside_standing', text: 'The standing approval that this names is not there. Nothing was run.' };
  const { grant, changes, stopped } = under;
  if (stopped)
    return { code: 'outside_standing', text: `Standing approval ${grant.envelope.id} was stopped. Nothing was run.` };
  return grantRefusal(grant, policy, nowMs) ?? outsideOf(grant.envelope, plan, changes, nowMs);
}

/** Said last, so that what is refused for good is not told as something to wait for. */
function overCaps(plan: Plan, changes: readonly Change[], { caps }: Policy, nowMs: number): Refusal | undefined {
  if (!isCapped(plan)) return undefined;
  // A plan that is larger than an hour allows is told so at once; the worker asks again before each batch.
  const nodes = plan.targets.map(({ node }) => node);
  return capRefusal(nodes, changes, caps, { nowMs, whose: 'medic.yaml' });
}

/** Why the decisions so far do not suffice: not listed, self-approval, or too few. */
function missingApproval(plan: Plan, approval: Approval, policy: Policy): Refusal | undefined {
  const { approvers, requester, channels, breakGlass } = approval;
  if (breakGlass !== undefined && approvers.includes(breakGlass.by) && mayBreakGlass(breakGlass.by, policy))
    return undefined;
  const decided = approvers.map((person) => ({ person, requester, plan, policy, channel: channels?.[person] }));
  const stranger = decided.find(({ person, ...about }) => !mayDecide(person, about));
  if (stranger !== undefined) return { code: 'denied', text: `${stranger.person} may not approve this plan.` };
  if (decided.some(({ person, ...about }) => approvesInShell(person, about))) return undefined;
  const needed = yesesNeeded(plan, requester, policy.approvals);
  if (needed === 0) return undefined;
  const have = yesesGiven(decided, { requester, plan, policy });
  return have >= needed
    ? undefined
    : { code: 'approval_missing', text: `${have} of ${needed} approvals. Nothing was run yet.` };
}

/** How many people besides the requester have to say yes. Where nobody asked for the plan it is one more: whoever would have asked. */
export function yesesNeeded(plan: Plan, requester: PersonId, rules: ApprovalRules): number {
  const needed = approversNeeded(plan, rules);
  return needed > 0 && isUnasked(requester) ? needed + 1 : needed;
}

/** How many of the yeses that a plan needs are there. Each person counts once and the requester never; where nobody asked, one place is for anybody who may operate. */
export function yesesGiven(
  yeses: readonly { readonly person: PersonId; readonly channel?: string | undefined }[],
  about: Omit<DecisionCase, 'channel'>,
): number {
  const { requester, plan, policy } = about;
  const others = new Map(yeses.map(({ person, channel }) => [person, channel]));
  others.delete(requester);
  const counted = [...others].filter(([person, channel]) => mayDecide(person, { ...about, channel }));
  if (!isUnasked(requester)) return counted.length;
  const able = counted.filter(([person, channel]) => mayDo(policy, person, 'approve', deedOf(plan, channel)));
  const approvers = Math.min(able.length, approversNeeded(plan, policy.approvals));
  return approvers + Math.min(1, counted.length - approvers);
}

/** A plan that waits for a decision: who asked for it, in which channel it is decided, and by which policy. */
export type DecisionCase = {
  readonly requester: PersonId;
  readonly plan: Plan;
  readonly policy: Policy;
  readonly channel?: string | undefined;
};

/** Whether this person's yes can count for this plan at all: an approver, or whoever operates where nobody else is needed or nobody asked. */
export function mayDecide(person: PersonId, about: DecisionCase): boolean {
  const { requester, plan, policy, channel } = about;
  const deed = deedOf(plan, channel);
  const alone = approversNeeded(plan, policy.approvals) === 0;
  if (alone || isUnasked(requester)) return mayDo(policy, person, 'operate', deed);
  if (person !== requester) return mayDo(policy, person, 'approve', deed);
  return approvesInShell(person, about);
}

/** Whether this person may let a plan run alone, whoever asked for it. */
export function mayBreakGlass(person: PersonId, policy: Policy): boolean {
  return isListed(policy, policy.breakGlass ?? [], person);
}

/** With `selfApproval: cli` one listed approver in a shell satisfies any plan. */
function approvesInShell(person: PersonId, { plan, policy, channel }: DecisionCase): boolean {
  return (
    policy.approvals.selfApproval === 'cli' &&
    /^(?:cli|key):/.test(person) &&
    mayDo(policy, person, 'approve', deedOf(plan, channel))
  );
}
