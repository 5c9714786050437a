import type { KnownNodes } from '../contract/known-nodes.ts';
import { usualChecks } from '../domain/asked-scope.ts';
import { digestOf } from '../domain/digest.ts';
import { foldNames } from '../domain/fold-names.ts';
import type { IncidentId } from '../domain/names.ts';
import type { OpenAlertOptions } from './open-alert.ts';

/** Who opens the incidents of new nodes. */
const INVENTORY = 'alert:inventory';

/** Looks at nodes that are new in the inventory and says so in the channel; what they lack is offered as a plan there. A name that had left is new when it comes back. */
export async function noticeNodes(
  known: KnownNodes,
  options: Pick<OpenAlertOptions, 'ledger' | 'dispatch' | 'inventory' | 'models' | 'checks' | 'channel'>,
): Promise<IncidentId | undefined> {
  const { ledger, dispatch, inventory, models, checks, channel } = options;
  const targets = inventory.nodes.filter(({ noTargetBecause, active }) => active && noTargetBecause === null);
  const before = await known.get();
  const old = (before ?? []).filter((name) => inventory.nodes.some((node) => node.name === name));
  const fresh = targets.map(({ name }) => name).filter((name) => !old.includes(name));
  if (before !== undefined && fresh.length === 0 && old.length === before.length) return undefined;
  const opened = before === undefined || fresh.length === 0 ? undefined : await open();
  // Only when its look is on its way: what ends here in between is noticed again, and the once of the entry keeps it one.
  await known.set([...old, ...fresh]);
  return opened;

  async function open(): Promise<IncidentId | undefined> {
    const text = `new in the inventory: ${foldNames(fresh)}`;
    const incident = `i-${digestOf({ fresh, inventory: inventory.digest }).slice(0, 8)}`;
    const scope = { models: models.map(({ name }) => name), nodes: fresh, checks: usualChecks(checks) };
    const place = channel === undefined ? {} : { place: { channel } };
    const event = { kind: 'opened', by: INVENTORY, text, alert: text, scope, ...place } as const;
    if ((await ledger.append(incident, event, { once: `new-nodes:${incident}` })) === undefined) return undefined;
    await dispatch.check({ incident, scope, fresh: false, inventory: inventory.digest });
    return incident;
  }
}
