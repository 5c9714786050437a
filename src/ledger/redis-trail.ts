import type { Redis } from 'ioredis';
import type { Signing } from '../contract/signing.ts';
import type { Trail } from '../contract/trail.ts';
import { Event } from '../domain/entry.ts';
import { Order } from '../domain/standing.ts';
import type { TrailRow } from '../domain/trail.ts';
import { mayOrder, mayWrite } from '../domain/written.ts';
import { FOLLOWED_ENTRIES_MAX } from './redis-ledger.ts';
import { createJudge, pairs } from './signed-rows.ts';

/** Redis drops whole nodes of a stream, so it may hold a little less than its limit when it has begun to. */
const NEARLY = 0.95;

/** The trail on Redis: the stream of all entries and that of orders. */
export function createRedisTrail({
  redis,
  prefix,
  signing,
}: {
  readonly redis: Redis;
  readonly prefix: string;
  readonly signing: Signing;
}): Trail {
  const streams = { entries: `${prefix}:all`, orders: `${prefix}:orders` } as const;
  const judge = createJudge(signing);
  return {
    async after(source, cursor, limit) {
      const rows = await redis.xrange(streams[source], `(${cursor}`, '+', 'COUNT', limit);
      return rows.map((row) => rowOf(source, row));
    },
    async since(atMs, limit) {
      const from = String(Math.max(0, atMs));
      const [entries, orders] = await Promise.all([
        redis.xrevrange(streams.entries, '+', from, 'COUNT', limit),
        redis.xrevrange(streams.orders, '+', from, 'COUNT', limit),
      ]);
      // Redis gives the newest first; of one millisecond the order of its stream is the one that stays.
      const rows = [
        ...entries.toReversed().map((row) => rowOf('entries', row)),
        ...orders.toReversed().map((row) => rowOf('orders', row)),
      ];
      return rows.toSorted((a, b) => Number.parseInt(a.cursor, 10) - Number.parseInt(b.cursor, 10));
    },
    trimmed: async () => (await redis.xlen(streams.entries)) > FOLLOWED_ENTRIES_MAX * NEARLY,
    async inTheirStreams(rows) {
      const asked = redis.pipeline();
      for (const { stream, id } of rows) {
        const own = stream === 'orders' ? streams.orders : `${prefix}:incident:${stream}`;
        // What is no id would be an error and is in no stream.
        const at = /^\d{1,15}-\d{1,15}$/.test(id) ? id : '0-0';
        asked.xrange(own, at, at);
      }
      const answers = (await asked.exec()) ?? [];
      return answers.map(([error, found]) => {
        if (error !== null) throw error;
        return Array.isArray(found) && found.length > 0;
      });
    },
    judge() {
      const seen = new Map<string, number>();
      return (row) => {
        const fields = { at: row.at, event: row.text, key: row.key, run: row.run, number: row.number };
        const why = judge(row.stream, row.sign === '' ? fields : { ...fields, sign: row.sign }, seen);
        return why ?? (isItsWriter(row) ? undefined : 'not_its_writer');
      };
    },
    sealed: (seal, signature) => signing.hands.distrust(seal, signature) === undefined,
  };
}

function rowOf(source: 'entries' | 'orders', [cursor, values]: [string, string[]]): TrailRow {
  const { incident = '', id = cursor, at = '', key = '', run = '', number = '', sign = '', ...fields } = pairs(values);
  const stream = source === 'orders' ? 'orders' : incident;
  const text = fields['event'] ?? fields['order'] ?? '';
  return { kind: 'row', cursor, stream, id, at, text, key, run, number, sign };
}

function isItsWriter({ stream, text, key }: TrailRow): boolean {
  const said: unknown = JSON.parse(text);
  if (stream !== 'orders') return mayWrite(key, Event.parse(said));
  return mayOrder(key, Order.parse(said));
}
