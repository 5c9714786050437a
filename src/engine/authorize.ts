import type { Decision } from '../contract/command.ts';
import { type Approval, mayDecide, refusalOf, yesesGiven } from '../domain/approval.ts';
import { howApproved } from '../domain/how-approved.ts';
import { incidentOf } from '../domain/incident.ts';
import type { DeskOptions, Found } from './desk.ts';
import { overreachOf, unprovedBy } from './own-keys.ts';

/** Signs and hands over what enough people have said yes to. A desk that died after the last yes is made up for by the next press. */
export async function authorize(options: DeskOptions, { incident, prompt, plan }: Found): Promise<Decision> {
  const { ledger, signer, dispatch, cluster, now } = options;
  const current =
    incidentOf(await ledger.entries(incident.id))?.prompts.find((one) => one.request === prompt.request) ?? prompt;
  const { request: requestId, requester } = prompt;
  const policy = options.policy();
  const said = new Map((current.yeses ?? []).map((yes) => [yes.by, yes]));
  // Whoever lost the right since the press has not approved any more; the others' presses still stand.
  const approvers = current.approvedBy.filter((person) => {
    const yes = said.get(person);
    return yes?.breakGlass !== undefined || mayDecide(person, { requester, plan, policy, channel: yes?.channel });
  });
  const yeses = (current.yeses ?? []).filter(({ by }) => approvers.includes(by));
  const approval: Approval = {
    cluster,
    plan: prompt.plan,
    request: requestId,
    requester,
    approvers,
    notAfter: new Date(now().getTime() + options.minutes.toRun * 60_000).toISOString(),
    ...howApproved({ approvedBy: approvers, yeses }, policy),
  };
  const counted: Decision = {
    kind: 'counted',
    have: yesesGiven(
      approvers.map((person) => ({ person, channel: said.get(person)?.channel })),
      { requester, plan, policy },
    ),
    needed: prompt.needed,
    incident: incident.id,
  };
  if (approvers.length === 0) return counted;
  const unproved = unprovedBy(approval, options.ownKeys);
  if (unproved !== undefined) return { kind: 'refused', refusal: unproved };
  const nowMs = now().getTime();
  const [standing, changes] = await Promise.all([options.orders.standing(), options.changes.lately(nowMs)]);
  const refusal = refusalOf({ cluster, plan, approval, policy, standing, changes, nowMs, used: false });
  if (refusal?.code === 'approval_missing') return counted;
  if (refusal !== undefined) return { kind: 'refused', refusal };
  // A person's own key speaks for such people alone; the bot signs what others said yes to as well.
  if (overreachOf(signer.name, approval) !== undefined) return { ...counted, have: approvers.length };
  const signed = signer.sign(approval);
  const entry = await ledger.append(incident.id, { kind: 'authorized', signed }, { once: `authorized:${requestId}` });
  if (entry !== undefined) await dispatch.execute({ incident: incident.id, plan, signed });
  return { kind: 'running', incident: incident.id };
}
