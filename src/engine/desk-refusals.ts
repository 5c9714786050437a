import { type DecisionCase, mayBreakGlass, mayDecide } from '../domain/approval.ts';
import { deedOf } from '../domain/deed.ts';
import type { Refusal } from '../domain/fault.ts';
import type { Prompt } from '../domain/incident-prompt.ts';
import type { PersonId } from '../domain/names.ts';
import { forbidden, mayDo, peopleNamed } from '../domain/policy.ts';

/** Why nobody can decide on this prompt any more; undefined while it waits. */
export function endedRefusal(prompt: Prompt, now: Date): Refusal | undefined {
  const short = prompt.plan.slice(0, 8);
  if (prompt.state === 'waiting') {
    if (now.getTime() <= Date.parse(prompt.notAfter)) return undefined;
    return {
      code: 'approval_expired',
      text: `The request for plan ${short} expired at ${prompt.notAfter}. Nothing was run; ask for it again.`,
    };
  }
  const why = prompt.ended === undefined ? '' : `: ${prompt.ended.why}`;
  return {
    code: 'plan_ended',
    text: `The request for plan ${short} has ended (${prompt.state}${why}). Your press changed nothing.`,
  };
}

/** Why this person's yes does not count for the plan, and whose would. */
export function cannotApprove(prompt: Prompt, who: PersonId, about: DecisionCase): Refusal {
  const { plan, policy, channel } = about;
  const short = prompt.plan.slice(0, 8);
  const deed = deedOf(plan, channel);
  const never = forbidden(policy, deed);
  if (never !== undefined) return { ...never, text: `You can't approve plan ${short}. ${never.text}` };
  const able = peopleNamed(policy).filter((person) => mayDecide(person, about));
  const whoCan =
    able.length === 0 ? 'Nobody is listed who can (roles.approvers in medic.yaml).' : `${able.join(', ')} can.`;
  if (who === prompt.requester && mayDo(policy, who, 'operate', deed))
    return { code: 'self_approval', text: `You can't approve plan ${short}: you asked for it. ${whoCan}` };
  return {
    code: 'denied',
    text: `You can't approve plan ${short}: you are not listed as an approver of it. ${whoCan}`,
  };
}

/** Why this person may not let the plan run alone, and who may. */
export function cannotBreakGlass(who: PersonId, { plan, policy, channel }: DecisionCase): Refusal | undefined {
  const never = forbidden(policy, deedOf(plan, channel));
  if (never !== undefined) return never;
  if (mayBreakGlass(who, policy)) return undefined;
  const able = policy.breakGlass ?? [];
  return {
    code: 'denied',
    text: `You may not break the glass; ${able.length === 0 ? 'nobody may (roles.breakGlass in medic.yaml)' : `these may: ${able.join(', ')}`}. Nothing was run.`,
  };
}
