import type { Decision } from '../contract/command.ts';
import type { Dispatch } from '../contract/dispatch.ts';
import type { Ledger } from '../contract/ledger.ts';
import type { Orders } from '../contract/orders.ts';
import type { OwnKey, OwnKeys, Signer } from '../contract/signing.ts';
import { type Approval, howApproved, refusalOf } from '../domain/approval.ts';
import { type Incident, incidentOf } from '../domain/incident.ts';
import type { Prompt } from '../domain/incident-prompt.ts';
import type { RequestId } from '../domain/names.ts';
import type { Plan } from '../domain/plan.ts';
import type { Policy } from '../domain/policy.ts';
import { overreachOf, unprovedBy } from './own-keys.ts';

/** What the desk works with. */
export type DeskOptions = {
  readonly cluster: string;
  readonly ledger: Ledger;
  readonly orders: Orders;
  readonly dispatch: Dispatch;
  readonly signer: Signer;
  /** The key of whoever decides here, where people have keys of their own. */
  readonly ownKey?: OwnKey | undefined;
  /** Judges the yes of people with keys of their own. */
  readonly ownKeys?: OwnKeys;
  readonly policy: () => Policy;
  readonly now: () => Date;
  readonly newRequestId: () => RequestId;
  readonly minutes: DeskMinutes;
};

/** How long a prompt stands when one or nobody else is needed, when two are, and how long an approved plan may wait for its first step. */
export type DeskMinutes = { readonly toApprove: number; readonly toApproveForTwo: number; readonly toRun: number };

/** A prompt with the incident it is in and the plan it is for. */
export type Found = { readonly incident: Incident; readonly prompt: Prompt; readonly plan: Plan };

/** Signs and hands over what enough people have said yes to. A desk that died after the last yes is made up for by the next press. */
export async function authorize(options: DeskOptions, { incident, prompt, plan }: Found): Promise<Decision> {
  const { ledger, signer, dispatch, cluster, now } = options;
  const current =
    incidentOf(await ledger.entries(incident.id))?.prompts.find((one) => one.request === prompt.request) ?? prompt;
  const { request: requestId, requester } = prompt;
  const policy = options.policy();
  const approval: Approval = {
    cluster,
    plan: prompt.plan,
    request: requestId,
    requester,
    approvers: [...current.approvedBy],
    notAfter: new Date(now().getTime() + options.minutes.toRun * 60_000).toISOString(),
    ...howApproved(current, policy),
  };
  const unproved = unprovedBy(approval, options.ownKeys);
  if (unproved !== undefined) return { kind: 'refused', refusal: unproved };
  const nowMs = now().getTime();
  const standing = await options.orders.standing();
  const refusal = refusalOf({ cluster, plan, approval, policy, standing, nowMs, used: false });
  if (refusal?.code === 'approval_missing') {
    return {
      kind: 'counted',
      have: current.approvedBy.filter((person) => person !== requester).length,
      needed: prompt.needed,
      incident: incident.id,
    };
  }
  if (refusal !== undefined) return { kind: 'refused', refusal };
  // A person's own key speaks for such people alone; the bot signs what others said yes to as well.
  if (overreachOf(signer.name, approval) !== undefined)
    return { kind: 'counted', have: current.approvedBy.length, needed: prompt.needed, incident: incident.id };
  const signed = signer.sign(approval);
  const entry = await ledger.append(incident.id, { kind: 'authorized', signed }, { once: `authorized:${requestId}` });
  if (entry !== undefined) await dispatch.execute({ incident: incident.id, plan, signed });
  return { kind: 'running', incident: incident.id };
}
