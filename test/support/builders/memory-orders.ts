import type { Orders } from '../../../src/contract/orders.ts';
import { Order, standingOf } from '../../../src/domain/standing.ts';

/** Orders that are kept as long as the test runs. */
export function createMemoryOrders(): Orders {
  const orders: Order[] = [];
  return {
    append: async (order) => void orders.push(Order.parse(order)),
    standing: async () => standingOf(orders),
  };
}
