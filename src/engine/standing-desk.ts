import type { StandingDecision } from '../contract/command.ts';
import { type Approval, refusalOf } from '../domain/approval.ts';
import {
  type EnvelopeId,
  type EnvelopeState,
  grantRefusal,
  hashEnvelope,
  outsideOf,
  phaseOf,
  STANDING,
  yesOf,
} from '../domain/envelope.ts';
import type { Refusal } from '../domain/fault.ts';
import { howApproved } from '../domain/how-approved.ts';
import type { PersonId } from '../domain/names.ts';
import { mayDo } from '../domain/policy.ts';
import type { DeskOptions, Found } from './desk.ts';

const NEEDED = 2;

/** One person's yes: first to a standing approval that only counts, then, as an act of its own, to going live. The second yes of each is signed. */
export async function approveStanding(
  options: DeskOptions,
  id: EnvelopeId,
  who: PersonId,
  live: boolean,
): Promise<StandingDecision> {
  const { orders, policy, signer, now } = options;
  const state = (await orders.standing()).envelopes.get(id);
  const refusal = cannotGrant(state, id, who, live, options);
  if (refusal !== undefined || state === undefined)
    return { kind: 'refused', refusal: refusal ?? { code: 'standing_unknown', text: `${id} is not known.` } };
  const at = now().toISOString();
  await orders.append({ kind: 'envelope_approved', id, by: who, at, live });
  const current = (await orders.standing()).envelopes.get(id) ?? state;
  const approvers = yesOf(current, live ? 'live' : 'shadow', policy());
  if (approvers.length < NEEDED) return { kind: 'counted', have: approvers.length };
  const signed = signer.signGrant({ kind: 'standing', envelope: current.envelope, live, approvers });
  await orders.append({ kind: 'envelope_granted', id, at, signed });
  return { kind: 'granted', live };
}

function cannotGrant(
  state: EnvelopeState | undefined,
  id: EnvelopeId,
  who: PersonId,
  live: boolean,
  { policy, now }: DeskOptions,
): Refusal | undefined {
  if (state === undefined)
    return { code: 'standing_unknown', text: `No standing approval is called ${id}. "standing" lists them.` };
  const phase = phaseOf(state, now().getTime());
  const able = policy().approvers.filter((person) => person !== state.envelope.by);
  const whoCan = able.length === 0 ? 'Nobody is listed who can.' : `${able.join(', ')} can.`;
  if (who === state.envelope.by)
    return { code: 'self_approval', text: `You can't approve ${id}: you proposed it. ${whoCan}` };
  if (!mayDo(policy(), who, 'approve') || who.startsWith('key:'))
    return { code: 'denied', text: `You can't approve ${id}: you are not listed as an approver. ${whoCan}` };
  if (phase === 'stopped' || phase === 'ended')
    return {
      code: 'plan_ended',
      text: `${id} has ${phase === 'ended' ? 'ended' : 'been stopped'}. Propose another one.`,
    };
  if (live && phase === 'proposed')
    return {
      code: 'approval_missing',
      text: `${id} has to be approved first, and to count for a while: "standing approve ${id}".`,
    };
  if (phase === 'live' || (!live && phase === 'shadow'))
    return { code: 'already_approved', text: `${id} is ${phase === 'live' ? 'live' : 'approved'} already.` };
  return undefined;
}

/** Lets a plan that medic itself has made run under a standing approval that covers it, or counts it in shadow. What none covers waits for people. */
export async function useStanding(
  options: DeskOptions,
  { incident: { id: incident }, prompt, plan }: Found,
): Promise<void> {
  const { cluster, ledger, orders, dispatch, signer, policy, now } = options;
  const { request } = prompt;
  const nowMs = now().getTime();
  const standing = await orders.standing();
  for (const state of standing.envelopes.values()) {
    const phase = phaseOf(state, nowMs);
    const { envelope } = state;
    const changes = state.uses.flatMap(({ at, nodes, shadow }) =>
      shadow ? [] : nodes.map((node) => ({ node, atMs: Date.parse(at) })),
    );
    if ((phase !== 'live' && phase !== 'shadow') || outsideOf(envelope, plan, changes, nowMs) !== undefined) continue;
    const nodes = plan.targets.map(({ node }) => node);
    const use = { id: envelope.id, at: now().toISOString(), incident, plan: prompt.plan, request, nodes };
    const grant = state.live;
    if (phase === 'shadow' || grant === undefined) {
      if (!state.uses.some((one) => one.request === request))
        await orders.append({ kind: 'envelope_used', ...use, shadow: true });
      continue;
    }
    if (grantRefusal(grant.grant, policy(), nowMs) !== undefined) continue;
    const approval: Approval = {
      cluster,
      plan: prompt.plan,
      request,
      requester: STANDING,
      approvers: grant.grant.approvers,
      ...howApproved({ approvedBy: grant.grant.approvers }, policy()),
      notAfter: new Date(nowMs + options.minutes.toRun * 60_000).toISOString(),
      standing: hashEnvelope(envelope),
    };
    const under = { grant: grant.grant, changes, stopped: false };
    const lately = await options.changes.lately(nowMs);
    const judged = { cluster, plan, approval, policy: policy(), standing, under, changes: lately, nowMs, used: false };
    if (refusalOf(judged) !== undefined) continue;
    const signed = signer.sign(approval);
    // Counted before it is handed over: what is not known to run must not leave room for more.
    await orders.append({ kind: 'envelope_used', ...use, shadow: false });
    const once = `authorized:${request}`;
    const entry = await ledger.append(incident, { kind: 'authorized', signed, grant }, { once });
    if (entry !== undefined) await dispatch.execute({ incident, plan, signed, grant });
    return;
  }
}
