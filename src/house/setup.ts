import type { Config } from '../config.ts';
import type { InventorySource } from '../contract/inventory.ts';
import type { Orders } from '../contract/orders.ts';
import { type Side, setupOf, setupWords } from '../domain/setup.ts';
import { createSetupNote } from '../engine/note-setup.ts';

/** Writes down what this process has read of one cluster, as often as it is called and that has changed. */
export function setupNote(
  config: Config,
  orders: Orders,
  { side, inventory }: { readonly side: Side; readonly inventory: InventorySource },
): () => Promise<void> {
  const { models, coordinator, policy, mode } = config;
  const read = () => {
    const { digest, nodes } = inventory.current();
    const [source = coordinator] = nodes.filter((node) => node.coordinator).map(({ name }) => name);
    return {
      setup: setupOf({ inventory: digest, models, coordinator, roles: policy, mode }),
      // The coordinator that counts, wherever it is named.
      words: setupWords({ models, coordinator: source, roles: policy }),
    };
  };
  return createSetupNote({ orders, side, read, now: () => new Date() });
}
