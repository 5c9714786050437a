import type { Dispatch } from '../contract/dispatch.ts';
import type { Inventory } from '../contract/inventory.ts';
import type { Ledger } from '../contract/ledger.ts';
import type { Orders } from '../contract/orders.ts';
import { MEDIC } from '../domain/asker.ts';
import { type Incident, incidentOf } from '../domain/incident.ts';
import type { IncidentId } from '../domain/names.ts';
import { askLook, type LookBudget } from './ask-look.ts';
import { coveredScope, heldNow, isFree } from './plan-standing.ts';

/** Has the repair of what an alert or the schedule found planned, once each time it turns wrong, so that people find what can be done beside the findings. Nothing runs by that; what a standing approval covers is planned under it. */
export async function planUnasked(
  id: IncidentId,
  options: LookBudget & {
    readonly ledger: Pick<Ledger, 'append' | 'entries'>;
    readonly orders: Orders;
    readonly dispatch: Pick<Dispatch, 'check' | 'plan'>;
    readonly inventory: Inventory;
    readonly mode: 'act' | 'observe';
  },
): Promise<void> {
  const { ledger, orders, inventory, mode, now } = options;
  const incident = incidentOf(await ledger.entries(id));
  if (mode !== 'act' || incident === undefined || !isFree(incident, now()) || !isNew(incident)) return;
  const held = heldNow(await orders.standing(), now());
  if (coveredScope(incident, held) !== undefined) return;
  const { scope, turnedAt } = incident;
  const once = `unasked-${id}-${Date.parse(turnedAt)}`;
  await askLook({ incident: id, scope, by: MEDIC, inventory: inventory.digest, once }, options);
}

/** Something is wrong, steadily, and nobody has planned for it since it turned so. */
function isNew({ findings, flapping, plannings, failures, turnedAt }: Incident): boolean {
  const since = Date.parse(turnedAt);
  const planned = [...plannings, ...failures.filter(({ what }) => what === 'plan')];
  return findings.length > 0 && flapping === undefined && planned.every(({ at }) => Date.parse(at) < since);
}
