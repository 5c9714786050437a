import type { HomeFacts } from '../contract/home.ts';
import type { Inventory } from '../contract/inventory.ts';
import type { Ledger } from '../contract/ledger.ts';
import type { Orders } from '../contract/orders.ts';
import { mayDecide } from '../domain/approval.ts';
import { type Incident, incidentOf } from '../domain/incident.ts';
import { isOver } from '../domain/incident-status.ts';
import type { Maintenance } from '../domain/maintenance.ts';
import type { PersonId } from '../domain/names.ts';
import type { Policy } from '../domain/policy.ts';
import { isSilent } from '../domain/silence.ts';
import { silencesNow } from './silences-now.ts';

/** Streams that are read, newest first; older ones are in `incidents all`. */
const READ_MAX = 100;
const RECEIPTS_MAX = 5;

/** What one person comes to see of a cluster. Only reads. */
export async function homeFacts(
  who: PersonId,
  {
    cluster,
    ledger,
    orders,
    maintenance,
    inventory,
    policy,
    now,
  }: {
    readonly cluster: string;
    readonly ledger: Pick<Ledger, 'incidents' | 'recent' | 'pending' | 'entries'>;
    readonly orders: Orders;
    readonly maintenance: readonly Maintenance[];
    readonly inventory: Inventory;
    readonly policy: Policy;
    readonly now: () => Date;
  },
): Promise<HomeFacts> {
  const lists = await Promise.all([ledger.incidents(READ_MAX), ledger.recent(READ_MAX), ledger.pending()]);
  const ids = [...new Set(lists.flat())];
  const known = (await Promise.all(ids.map((id) => ledger.entries(id)))).flatMap((all) => incidentOf(all) ?? []);
  const nowMs = now().getTime();
  return {
    cluster,
    at: now().toISOString(),
    incidents: known.filter(({ isIncident, status }) => isIncident && !isOver(status)).toSorted(byAge),
    waiting: known.flatMap((incident) => waitingFor(who, incident, policy)),
    look: wholeLook(known, inventory),
    standing: await orders.standing(),
    silences: (await silencesNow({ orders, maintenance, inventory, mode: policy.mode, now })).filter((one) =>
      isSilent(one, nowMs),
    ),
    receipts: known
      .flatMap(({ executions }) => executions.flatMap(({ finished }) => finished ?? []))
      .toSorted((a, b) => Date.parse(b.endedAt) - Date.parse(a.endedAt))
      .slice(0, RECEIPTS_MAX),
  };
}

function byAge(a: Incident, b: Incident): number {
  return Date.parse(b.openedAt) - Date.parse(a.openedAt);
}

function waitingFor(who: PersonId, { id, prompts, plans }: Incident, policy: Policy): HomeFacts['waiting'] {
  return prompts.flatMap((prompt) => {
    const plan = plans.get(prompt.plan);
    if (plan === undefined || prompt.state !== 'waiting' || prompt.approvedBy.includes(who)) return [];
    return mayDecide(who, { requester: prompt.requester, plan, policy }) ? [{ incident: id, prompt, plan }] : [];
  });
}

function wholeLook(known: readonly Incident[], { nodes }: Inventory): HomeFacts['look'] {
  const counting = nodes.filter((node) => node.noTargetBecause === null && node.excluded === undefined);
  return known
    .flatMap(({ look }) => look ?? [])
    .filter(
      ({ scope }) => scope.checks.includes('model-present') && counting.every(({ name }) => scope.nodes.includes(name)),
    )
    .toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at))[0];
}
