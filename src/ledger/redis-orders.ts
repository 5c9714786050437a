import type { Redis } from 'ioredis';
import type { Orders } from '../contract/orders.ts';
import { Order, standingOf } from '../domain/standing.ts';

/** Orders on a Redis stream that is only appended to. */
export function createRedisOrders(redis: Redis, prefix: string): Orders {
  const key = `${prefix}:orders`;
  return {
    async append(order) {
      await redis.xadd(key, '*', 'order', JSON.stringify(Order.parse(order)));
    },
    async standing() {
      const entries = await redis.xrange(key, '-', '+');
      return standingOf(entries.map(([, fields]) => Order.parse(JSON.parse(fields[1] ?? 'null'))));
    },
  };
}
