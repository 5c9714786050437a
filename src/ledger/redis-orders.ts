import type { Redis } from 'ioredis';
import type { Orders } from '../contract/orders.ts';
import type { Signing } from '../contract/signing.ts';
import { canonicalJson } from '../domain/digest.ts';
import type { Distrust } from '../domain/distrust.ts';
import { withMaskedWords } from '../domain/masked-words.ts';
import { Order, standingOf } from '../domain/standing.ts';
import { mayOrder, onlyForbids } from '../domain/written.ts';
import { createJudge, createRun, type Fields, pairs } from './signed-rows.ts';

/**
 * Orders on a Redis stream that is only appended to. One that is not signed by who gives such orders counts for nothing and is told to
 * `onSetAside`; from before orders were signed those count that only forbid, so that an update lifts no lock.
 */
export function createRedisOrders(options: {
  readonly redis: Redis;
  readonly prefix: string;
  readonly now: () => Date;
  readonly signing: Signing;
  readonly onSetAside?: (aside: { readonly id: string; readonly why: Distrust; readonly key: string }) => void;
}): Orders {
  const { redis, prefix, now, signing, onSetAside } = options;
  const stream = `${prefix}:orders`;
  const inTurn = createRun(signing);
  const judge = createJudge(signing);
  const heard = new Set<string>();
  const take = (id: string, fields: Fields, seen: Map<string, number>): Order[] => {
    const why = judge('orders', fields, seen);
    // `order`: the field of orders from before they were signed.
    const order = why === undefined ? orderIn(fields['event']) : orderFrom(fields['order']);
    if (order !== undefined && (why === undefined ? mayOrder(fields['key'] ?? '', order) : onlyForbids(order)))
      return [order];
    if (!heard.has(id)) onSetAside?.({ id, why: why ?? 'not_its_writer', key: fields['key'] ?? '' });
    heard.add(id);
    return [];
  };
  return {
    async append(order) {
      const text = canonicalJson(withMaskedWords(Order.parse(order)));
      await inTurn(async (fieldsOf) => {
        const fields = fieldsOf({ stream: 'orders', at: now().toISOString(), text });
        return (await redis.xadd(stream, '*', ...fields)) ?? undefined;
      });
    },
    async standing() {
      const seen = new Map<string, number>();
      const rows = await redis.xrange(stream, '-', '+');
      return standingOf(rows.flatMap(([id, fields]) => take(id, pairs(fields), seen)));
    },
  };
}

/** A signed order that does not read as one stops everything: it was given by a newer medic, and may forbid something. */
function orderIn(text = 'null'): Order {
  return Order.parse(JSON.parse(text));
}

function orderFrom(text = 'null'): Order | undefined {
  try {
    return Order.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
