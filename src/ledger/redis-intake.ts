import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { Intake, RawBatch } from '../contract/intake.ts';

const Batch = z.strictObject({
  source: z.enum(['log', 'ledger']),
  path: z.string(),
  text: z.string(),
  offsetMinutes: z.number(),
});

// One script: a worker that dies has moved on and handed over, or neither.
const ADVANCE = `
local known = redis.call('HGET', KEYS[1], ARGV[1])
if (known or '') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
if ARGV[4] ~= '' then redis.call('XADD', KEYS[2], '*', 'batch', ARGV[4]) end
return 1`;

/** The intake on Redis: positions in a hash, batches in a stream that holds only what nobody has taken. */
export function createRedisIntake(redis: Redis, prefix: string): Intake {
  const positions = `${prefix}:follow-positions`;
  const stream = `${prefix}:intake`;
  return {
    position: async (source) => (await redis.hget(positions, source)) ?? undefined,
    async advance(source, before = '', after, batch?: RawBatch) {
      const text = batch === undefined ? '' : JSON.stringify(batch);
      return (await redis.eval(ADVANCE, 2, positions, stream, source, before, after, text)) === 1;
    },
    waiting: () => redis.xlen(stream),
    async next(limit) {
      const rows = await redis.xrange(stream, '-', '+', 'COUNT', limit);
      return rows.map(([id, [, text = 'null']]) => ({ id, batch: Batch.parse(JSON.parse(text)) }));
    },
    taken: async (id) => void (await redis.xdel(stream, id)),
  };
}
