import type { Config } from '../config.ts';
import type { InventorySource } from '../contract/inventory.ts';
import type { Orders } from '../contract/orders.ts';
import { type Side, setupOf } from '../domain/setup.ts';
import { createSetupNote } from '../engine/note-setup.ts';

/** Writes down what this process has read of one cluster, as often as it is called and that has changed. */
export function setupNote(
  config: Config,
  orders: Orders,
  { side, inventory }: { readonly side: Side; readonly inventory: InventorySource },
): () => Promise<void> {
  const { models, coordinator, policy } = config;
  const read = () => setupOf({ inventory: inventory.current().digest, models, coordinator, roles: policy });
  return createSetupNote({ orders, side, read, now: () => new Date() });
}
