import type { PlacedFault } from '../contract/inventory.ts';
import type { KnownNodes } from '../contract/known-nodes.ts';
import { usualChecks } from '../domain/asked-scope.ts';
import { digestOf } from '../domain/digest.ts';
import { foldNames } from '../domain/fold-names.ts';
import { inventoryChanges, rememberedOf } from '../domain/inventory-changes.ts';
import type { IncidentId } from '../domain/names.ts';
import { announce, INVENTORY } from './announce.ts';
import type { OpenAlertOptions } from './open-alert.ts';

type Options = Pick<OpenAlertOptions, 'ledger' | 'dispatch' | 'inventory' | 'models' | 'checks' | 'channel' | 'among'>;

const HOUR_MS = 3_600_000;

/**
 * Says in the channel what changed in the inventory, and looks at nodes that are new there or may be another machine now; what they lack is offered
 * as a plan. A name that had left is new when it comes back.
 */
export async function noticeNodes(known: KnownNodes, options: Options): Promise<IncidentId | undefined> {
  const { inventory } = options;
  const before = await known.get();
  const after = rememberedOf(before ?? [], inventory.nodes);
  if (before !== undefined && digestOf(before) === digestOf(after)) return undefined;
  const opened = before === undefined ? undefined : await tell();
  // Only when its look is on its way: what ends here in between is noticed again, and the once of the entry keeps it one.
  await known.set(after);
  return opened;

  async function tell(): Promise<IncidentId | undefined> {
    const { added, moved, said } = inventoryChanges(before ?? [], inventory.nodes);
    const once = `inventory:${digestOf({ before, after })}`;
    if (said.length > 0)
      await announce(
        [
          `the inventory changed: ${said.length === 1 ? said[0] : ''}`.replace(/: $/, ''),
          ...(said.length === 1 ? [] : said),
        ],
        once,
        options,
      );
    return added.length + moved.length === 0 ? undefined : open(added, moved);
  }

  async function open(added: readonly string[], moved: readonly string[]): Promise<IncidentId | undefined> {
    const { ledger, dispatch, models, checks, channel, among } = options;
    const text = [
      ...(added.length === 0 ? [] : [`new in the inventory: ${foldNames(added)}`]),
      ...(moved.length === 0 ? [] : [`changed in the inventory: ${foldNames(moved)}`]),
    ].join('; ');
    const fresh = [...added, ...moved];
    const incident = `i-${digestOf({ fresh, inventory: inventory.digest, ...(among === undefined ? {} : { among }) }).slice(0, 8)}`;
    const scope = { models: models.map(({ name }) => name), nodes: fresh, checks: usualChecks(checks) };
    const place = channel === undefined ? {} : { place: { channel } };
    const event = { kind: 'opened', by: INVENTORY, text, alert: text, scope, ...place } as const;
    if ((await ledger.append(incident, event, { once: `new-nodes:${incident}` })) === undefined) return undefined;
    await dispatch.check({ incident, scope, fresh: false, inventory: inventory.digest });
    return incident;
  }
}

/** Says in the channel that a new version of the inventory cannot be used; once an hour for the same faults. */
export async function tellFaults(
  faults: readonly PlacedFault[],
  options: Pick<OpenAlertOptions, 'ledger' | 'inventory' | 'models' | 'channel'> & { readonly now: () => Date },
): Promise<void> {
  const hour = Math.floor(options.now().getTime() / HOUR_MS);
  // The folder of a file is nobody's business in a channel.
  const lines = faults.map(({ place, text }) => `${place.replace(/^\S*\//, '')}: ${text}`);
  const head = 'the new version of the inventory cannot be used; the one before stays in use';
  await announce([head, ...lines], `inventory-faults:${hour}:${digestOf({ faults })}`, options);
}
