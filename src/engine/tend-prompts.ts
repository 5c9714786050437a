import type { Entry } from '../domain/entry.ts';
import { STANDING } from '../domain/envelope.ts';
import { holdRefusal } from '../domain/hold.ts';
import { type Incident, incidentOf } from '../domain/incident.ts';
import type { Prompt } from '../domain/incident-prompt.ts';
import { staleBecause } from '../domain/plan-stale.ts';
import { authorize } from './authorize.ts';
import type { DeskOptions, Found } from './desk.ts';
import { useStanding } from './standing-desk.ts';

/** Ends prompts whose time is over or whose reason is gone, and goes on where a desk died: signs what had its last yes, hands over again what was signed here. */
export async function tendPrompts(options: DeskOptions): Promise<void> {
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

/** Why the incident's latest look says that a plan is not needed any more; looks from before the prompt say nothing about it. */
export function staleSince({ look }: Incident, prompt: Prompt, plan: Found['plan']): string | undefined {
  if (look === undefined || Date.parse(look.at) <= Date.parse(prompt.madeAt)) return undefined;
  return staleBecause(plan, look);
}

async function tendWaiting(options: DeskOptions, found: Found): Promise<void> {
  const { incident, prompt, plan } = found;
  const { request } = prompt;
  if (options.now().getTime() > Date.parse(prompt.notAfter)) {
    await options.ledger.append(incident.id, { kind: 'expired', request }, { once: `expired:${request}` });
    return;
  }
  const because = staleSince(incident, prompt, plan);
  if (because !== undefined) {
    await options.ledger.append(incident.id, { kind: 'stale', request, because }, { once: `stale:${request}` });
    return;
  }
  if (holdRefusal(incident, options.now()) !== undefined) return;
  if (prompt.requester === STANDING && options.signer.name === 'bot') return useStanding(options, found);
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
    if (event.signed.key === signer.name)
      await dispatch.execute({ incident: incident.id, plan, signed: event.signed, grant: event.grant });
  }
}
