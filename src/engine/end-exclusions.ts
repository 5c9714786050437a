import type { Dispatch } from '../contract/dispatch.ts';
import type { Inventory } from '../contract/inventory.ts';
import type { Ledger } from '../contract/ledger.ts';
import type { Orders } from '../contract/orders.ts';
import { type KnownCheck, usualChecks } from '../domain/asked-scope.ts';
import { digestOf } from '../domain/digest.ts';
import type { IncidentId } from '../domain/names.ts';
import { exclusionsIn, lockedThings } from '../domain/standing.ts';

/** Ends exclusions whose time is over: their nodes are looked at, and whoever excluded them is told; they count when that look has ended. */
export async function endExclusions(options: {
  readonly orders: Orders;
  readonly ledger: Pick<Ledger, 'append'>;
  readonly dispatch: Pick<Dispatch, 'check'>;
  readonly inventory: Inventory;
  readonly models: readonly { readonly name: string }[];
  readonly checks: readonly KnownCheck[];
  readonly channel: string | undefined;
  readonly now: () => Date;
}): Promise<void> {
  const { orders, ledger, dispatch, inventory, models, checks, channel, now } = options;
  for (const exclusion of exclusionsIn(await orders.standing())) {
    const { id, by, until } = exclusion;
    if (exclusion.ending !== undefined || Date.parse(until) > now().getTime()) continue;
    const ended = { kind: 'included', id, by, at: now().toISOString() } as const;
    const nodes = exclusion.nodes.filter((name) => inventory.nodes.some((node) => node.name === name));
    if (nodes.length === 0) await orders.append(ended);
    else {
      // The same for the same exclusion, so that two that end it at once open one look.
      const incident = `i-${digestOf({ exclusion: id }).slice(0, 8)}`;
      const scope = { models: models.map(({ name }) => name), nodes, checks: usualChecks(checks) };
      const text = `include ${lockedThings(exclusion)}: the time of ${id} is over`;
      const place = channel === undefined ? {} : { place: { channel } };
      const begun = { kind: 'opened', by, text, scope, ...place } as const;
      await orders.append({ ...ended, after: incident });
      if ((await ledger.append(incident, begun, { once: `included:${id}` })) !== undefined)
        await dispatch.check({ incident, scope, fresh: false, inventory: inventory.digest });
    }
  }
}

/** Lets nodes count again whose exclusion ends with this incident's look: it has ended, or it was told why it could not be made. */
export async function countAgain(
  { orders, now }: { readonly orders: Orders; readonly now: () => Date },
  incident: IncidentId,
): Promise<void> {
  for (const { id, ending } of exclusionsIn(await orders.standing())) {
    if (ending?.after !== incident) continue;
    await orders.append({ kind: 'included', id, by: ending.by, at: now().toISOString() });
  }
}
