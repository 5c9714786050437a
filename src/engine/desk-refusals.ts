import type { Refusal } from '../domain/fault.ts';
import type { Prompt } from '../domain/incident-prompt.ts';
import type { PersonId } from '../domain/names.ts';
import type { Plan } from '../domain/plan.ts';
import { approversNeeded, mayDo, type Policy } from '../domain/policy.ts';

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
export function cannotApprove(prompt: Prompt, plan: Plan, who: PersonId, policy: Policy): Refusal {
  const short = prompt.plan.slice(0, 8);
  const alone = approversNeeded(plan, policy.approvals) === 0;
  const able = (alone ? [...policy.operators, ...policy.approvers] : policy.approvers).filter(
    (person) => alone || person !== prompt.requester,
  );
  const whoCan =
    able.length === 0
      ? 'Nobody is listed who can (roles.approvers in medic.yaml).'
      : `${[...new Set(able)].join(', ')} can.`;
  if (who === prompt.requester && mayDo(policy, who, 'operate'))
    return { code: 'self_approval', text: `You can't approve plan ${short}: you asked for it. ${whoCan}` };
  return { code: 'denied', text: `You can't approve plan ${short}: you are not listed as an approver. ${whoCan}` };
}
