import type { ApprovalDesk, Decision } from '../contract/command.ts';
import { mayDecide, type Yes } from '../domain/approval.ts';
import { deedOf } from '../domain/deed.ts';
import type { Entry } from '../domain/entry.ts';
import type { Refusal, RefusalCode } from '../domain/fault.ts';
import { holdRefusal } from '../domain/hold.ts';
import { type Incident, incidentOf } from '../domain/incident.ts';
import type { Prompt } from '../domain/incident-prompt.ts';
import type { IncidentId, PersonId, RequestId } from '../domain/names.ts';
import { hashPlan } from '../domain/plan.ts';
import { approversNeeded, mayDo } from '../domain/policy.ts';
import { authorize, type DeskOptions, type Found } from './authorize.ts';
import { cannotApprove, cannotBreakGlass, endedRefusal } from './desk-refusals.ts';

/** The desk where plans become prompts and presses become signed approvals. It holds the signing key and reaches no node. */
export function createApprovalDesk(options: DeskOptions): ApprovalDesk {
  return {
    request: (wish) => request(options, wish),
    approve: (id, who, how = {}) => decide(options, id, who, (found) => approve(options, found, who, how)),
    reject: (id, who, reason) => decide(options, id, who, (found) => reject(options, found, who, reason)),
    tend: () => tend(options),
  };
}

type Wish = Parameters<ApprovalDesk['request']>[0];

async function request(
  options: DeskOptions,
  { incident, plan, requester, once }: Wish,
): Promise<RequestId | undefined> {
  const needed = approversNeeded(plan, options.policy().approvals);
  const hash = hashPlan(plan);
  const id = options.newRequestId();
  const notAfter = new Date(
    options.now().getTime() + (needed > 1 ? options.minutes.toApproveForTwo : options.minutes.toApprove) * 60_000,
  ).toISOString();
  const entry = await options.ledger.append(
    incident,
    { kind: 'requested', request: id, plan: hash, requester, needed, notAfter },
    { once },
  );
  if (entry === undefined) return undefined;
  await supersede(options, { incident, request: id, plan: hash, madeAt: entry.at });
  return id;
}

/** A newer request for the same plan ends the older ones, wherever they were made; only once it is there itself, so that one is always left. */
async function supersede(
  { ledger }: DeskOptions,
  newer: { readonly incident: IncidentId; readonly request: RequestId; readonly plan: string; readonly madeAt: string },
): Promise<void> {
  const key = ({ madeAt, request }: Pick<Prompt, 'madeAt' | 'request'>) => `${madeAt} ${request}`;
  for (const other of await ledger.pending()) {
    const prompts = incidentOf(await ledger.entries(other))?.prompts ?? [];
    for (const prompt of prompts) {
      if (prompt.state !== 'waiting' || prompt.plan !== newer.plan || key(prompt) >= key(newer)) continue;
      const because = `the same plan was asked for again${other === newer.incident ? '' : ` in ${newer.incident}`}`;
      await ledger.append(other, { kind: 'superseded', request: prompt.request, because });
    }
  }
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
  const ended = endedRefusal(prompt, options.now());
  if (ended === undefined) return take({ incident, prompt, plan });
  if (prompt.state === 'waiting') await ledger.append(incident.id, { kind: 'expired', request: id });
  await ledger.append(incident.id, { kind: 'refused', by: who, ...ended });
  return { kind: 'refused', refusal: ended };
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
    return refused('already_approved', `You have approved plan ${prompt.plan.slice(0, 8)} already.`);
  return decision;
}

async function reject(
  { ledger, policy }: DeskOptions,
  { incident, prompt, plan }: Found,
  who: PersonId,
  reason: string,
): Promise<Decision> {
  const may =
    who === prompt.requester ||
    mayDo(policy(), who, 'approve', deedOf(plan, undefined)) ||
    mayDecide(who, { requester: prompt.requester, plan, policy: policy() });
  if (!may)
    return refused(
      'denied',
      `You can't reject plan ${prompt.plan.slice(0, 8)}: only its requester and the approvers can.`,
    );
  await ledger.append(incident.id, {
    kind: 'rejected',
    request: prompt.request,
    by: who,
    reason: reason === '' ? 'no reason given' : reason,
  });
  return { kind: 'rejected', incident: incident.id };
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
    text: `${refusal.text} (plan ${prompt.plan.slice(0, 8)})`,
  });
  return { kind: 'refused', refusal };
}

function refused(code: RefusalCode, text: string): Decision {
  return { kind: 'refused', refusal: { code, text } };
}

/** Ends prompts whose time is over, and goes on where a desk died: signs what had its last yes, hands over again what was signed here. */
async function tend(options: DeskOptions): Promise<void> {
  for (const id of await options.ledger.pending()) {
    const entries = await options.ledger.entries(id);
    const incident = incidentOf(entries);
    for (const prompt of incident?.prompts ?? []) {
      const plan = incident?.plans.get(prompt.plan);
      if (incident === undefined || plan === undefined) continue;
      if (prompt.state === 'waiting') await tendWaiting(options, { incident, prompt, plan });
      if (prompt.state === 'authorized') await handOverAgain(options, { incident, prompt, plan }, entries);
    }
  }
}

async function tendWaiting(options: DeskOptions, found: Found): Promise<void> {
  const { incident, prompt } = found;
  if (options.now().getTime() > Date.parse(prompt.notAfter)) {
    const once = `expired:${prompt.request}`;
    await options.ledger.append(incident.id, { kind: 'expired', request: prompt.request }, { once });
    return;
  }
  if (holdRefusal(incident, options.now()) !== undefined) return;
  // A shell hands over to a worker of its own call: what people of Slack approved is the bot's to finish.
  const last = prompt.approvedBy.at(-1);
  if (last !== undefined && !last.startsWith('cli:') && options.signer.name === 'bot') await authorize(options, found);
}

/** The queue takes a request once. */
async function handOverAgain(
  { dispatch, signer }: DeskOptions,
  { incident, prompt, plan }: Found,
  entries: readonly Entry[],
): Promise<void> {
  for (const { event } of entries) {
    if (event.kind !== 'authorized' || event.signed.approval.request !== prompt.request) continue;
    if (event.signed.key === signer.name) await dispatch.execute({ incident: incident.id, plan, signed: event.signed });
  }
}
