import type { ApprovalDesk, Decision } from '../contract/command.ts';
import { mayDecide, type Yes } from '../domain/approval.ts';
import { deedOf } from '../domain/deed.ts';
import type { Refusal, RefusalCode } from '../domain/fault.ts';
import { holdRefusal } from '../domain/hold.ts';
import { type Incident, incidentOf } from '../domain/incident.ts';
import type { Prompt } from '../domain/incident-prompt.ts';
import type { PersonId, RequestId } from '../domain/names.ts';
import { mayDo } from '../domain/policy.ts';
import { shortHash } from '../domain/wording.ts';
import { authorize } from './authorize.ts';
import type { DeskOptions, Found } from './desk.ts';
import { cannotApprove, cannotBreakGlass, endedRefusal } from './desk-refusals.ts';
import { putUp } from './put-up.ts';
import { approveStanding } from './standing-desk.ts';
import { staleSince, tendPrompts } from './tend-prompts.ts';

/** The desk where plans become prompts and presses become signed approvals. It holds the signing key and reaches no node. */
export function createApprovalDesk(options: DeskOptions): ApprovalDesk {
  return {
    request: (wish) => putUp(options, wish),
    approve: (id, who, how = {}) => decide(options, id, who, (found) => approve(options, found, who, how)),
    reject: (id, who, reason) => decide(options, id, who, (found) => end(options, found, who, 'rejected', reason)),
    withdraw: (id, who, reason) => decide(options, id, who, (found) => end(options, found, who, 'withdrawn', reason)),
    approveStanding: (id, who, live) => approveStanding(options, id, who, live),
    tend: () => tendPrompts(options),
  };
}

async function decide(
  options: DeskOptions,
  id: RequestId,
  who: PersonId,
  take: (found: Found) => Promise<Decision>,
): Promise<Decision> {
  const { ledger } = options;
  const incidentId = await ledger.ofRequest(id);
  const incident = incidentId === undefined ? undefined : incidentOf(await ledger.entries(incidentId));
  const prompt = incident?.prompts.find((one) => one.request === id);
  const plan = prompt === undefined ? undefined : incident?.plans.get(prompt.plan);
  if (incident === undefined || prompt === undefined || plan === undefined)
    return refused('plan_unknown', 'This request is not known any more. Ask for a plan again.');
  const ended = endedRefusal(prompt, options.now()) ?? (await endStale(options, { incident, prompt, plan }));
  if (ended === undefined) return take({ incident, prompt, plan });
  if (ended.code === 'approval_expired')
    await ledger.append(incident.id, { kind: 'expired', request: id }, { once: `expired:${id}` });
  await ledger.append(incident.id, { kind: 'refused', by: who, ...ended });
  return { kind: 'refused', refusal: ended };
}

/** Ends a prompt whose reason is gone, before a decision on it can count. */
async function endStale({ ledger }: DeskOptions, { incident, prompt, plan }: Found): Promise<Refusal | undefined> {
  const because = staleSince(incident, prompt, plan);
  if (because === undefined) return undefined;
  const { request } = prompt;
  await ledger.append(incident.id, { kind: 'stale', request, because }, { once: `stale:${request}` });
  const text = `Plan ${shortHash(prompt.plan)} is not what is needed any more: ${because}. Nothing was run; plan again.`;
  return { code: 'plan_stale', text };
}

async function approve(
  options: DeskOptions,
  found: Found,
  who: PersonId,
  how: Pick<Yes, 'channel' | 'breakGlass'>,
): Promise<Decision> {
  const { incident, prompt, plan } = found;
  const policy = options.policy();
  const about = { requester: prompt.requester, plan, policy, channel: how.channel };
  const refusal =
    how.breakGlass === undefined
      ? mayDecide(who, about)
        ? undefined
        : cannotApprove(prompt, who, about)
      : cannotBreakGlass(who, about);
  if (refusal !== undefined) return tellRefusal(options, incident, prompt, who, refusal);
  const held = holdRefusal(incident, options.now());
  if (held !== undefined) return tellRefusal(options, incident, prompt, who, held);
  const again = prompt.approvedBy.includes(who) && how.breakGlass === undefined;
  if (!again) {
    const { cluster, ownKey } = options;
    const own = { cluster, plan: prompt.plan, request: prompt.request, by: who };
    const proof = ownKey?.person === who ? { proof: ownKey.prove(own) } : {};
    await options.ledger.append(
      incident.id,
      { kind: 'approved', request: prompt.request, by: who, ...how, ...proof },
      { once: `approved:${prompt.request}:${who}${how.breakGlass === undefined ? '' : ':break-glass'}` },
    );
  }
  const decision = await authorize(options, found);
  if (decision.kind === 'refused') return tellRefusal(options, incident, prompt, who, decision.refusal);
  if (again && decision.kind === 'counted')
    return refused('already_approved', `You have approved plan ${shortHash(prompt.plan)} already.`);
  return decision;
}

/** Ends a waiting prompt by a person's word: turned down, or taken back. */
async function end(
  { ledger, policy }: DeskOptions,
  { incident, prompt, plan }: Found,
  who: PersonId,
  how: 'rejected' | 'withdrawn',
  reason: string,
): Promise<Decision> {
  const may =
    who === prompt.requester ||
    mayDo(policy(), who, 'approve', deedOf(plan, undefined)) ||
    mayDecide(who, { requester: prompt.requester, plan, policy: policy() });
  if (!may) {
    const verb = how === 'rejected' ? 'reject' : 'withdraw';
    return refused(
      'denied',
      `You can't ${verb} plan ${shortHash(prompt.plan)}: only its requester and the approvers can.`,
    );
  }
  await ledger.append(incident.id, {
    kind: how,
    request: prompt.request,
    by: who,
    reason: reason === '' ? 'no reason given' : reason,
  });
  return { kind: how, incident: incident.id };
}

/** A refusal of a decision goes on record: who tried what, and why it did not count. */
async function tellRefusal(
  { ledger }: DeskOptions,
  incident: Incident,
  prompt: Prompt,
  who: PersonId,
  refusal: Refusal,
): Promise<Decision> {
  await ledger.append(incident.id, {
    kind: 'refused',
    by: who,
    code: refusal.code,
    text: `${refusal.text} (plan ${shortHash(prompt.plan)})`,
  });
  return { kind: 'refused', refusal };
}

function refused(code: RefusalCode, text: string): Decision {
  return { kind: 'refused', refusal: { code, text } };
}
