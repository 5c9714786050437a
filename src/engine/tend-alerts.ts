import type { Causes } from '../contract/causes.ts';
import type { Dispatch } from '../contract/dispatch.ts';
import type { Inventory } from '../contract/inventory.ts';
import type { Ledger } from '../contract/ledger.ts';
import type { SeenStore } from '../contract/told.ts';
import { type Incident, incidentOf } from '../domain/incident.ts';
import { isOver } from '../domain/incident-status.ts';
import type { IncidentId } from '../domain/names.ts';

/** So long after its time an incident is told even when no look has ended: a worker that does not answer is news. */
const PATIENCE_MS = 60_000;
const SECOND_LOOK_S = 60;

export type TendAlertsOptions = {
  readonly ledger: Ledger;
  readonly causes: Causes;
  readonly seen: SeenStore;
  readonly dispatch: Dispatch;
  readonly inventory: () => Inventory;
  readonly now: () => Date;
};

/** Writes down how often causes were told meanwhile, and decides about incidents whose wait is over. All that it goes by is durable. */
export async function tendAlerts(options: TendAlertsOptions): Promise<void> {
  const { ledger, causes, now } = options;
  for (const { incident, times } of await causes.takeGrown()) {
    const known = incidentOf(await ledger.entries(incident));
    // One that is over is reopened by a look of its own, not by a count.
    if (known === undefined || isOver(known.status) || times <= known.seen) continue;
    await ledger.append(incident, { kind: 'repeated', times }, { once: `repeated:${incident}:${times}` });
  }
  for (const id of await ledger.waiting(now().getTime())) await decide(id, options);
}

/** Looks once more at the end of the wait; what is clear then was mended by the daemon's own retry, and nobody is told. */
async function decide(id: IncidentId, { ledger, seen, dispatch, inventory, now }: TendAlertsOptions): Promise<void> {
  const incident = incidentOf(await ledger.entries(id));
  const until = incident?.quietUntil;
  if (incident === undefined || until === undefined) return;
  const late = now().getTime() - Date.parse(until) > PATIENCE_MS;
  if (!late && incident.status === 'looking') return;
  if (isOver(incident.status)) return end(ledger, incident, until, 'settled');
  const { look, scope } = incident;
  if (!late && look !== undefined && Date.parse(look.at) < Date.parse(until)) {
    if (await seen.firstTime(`second look ${id} ${until}`, SECOND_LOOK_S))
      await dispatch.check({ incident: id, scope, fresh: false, inventory: inventory().digest });
    return;
  }
  await end(ledger, incident, until, 'raised');
}

async function end(ledger: Ledger, { id }: Incident, until: string, kind: 'settled' | 'raised'): Promise<void> {
  await ledger.append(id, { kind }, { once: `waited:${id}:${until}` });
}
