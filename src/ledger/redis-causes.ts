import type { Redis } from 'ioredis';
import type { Causes } from '../contract/causes.ts';

const SAME_DELIVERY_S = 3_600;
/** A little more than the week that is asked about. */
const REMEMBERED_S = 8 * 24 * 3_600;

// One script, so that a bot that dies has counted a delivery wholly or not at all.
const SEEN = `
if redis.call('SET', KEYS[1], '1', 'NX', 'EX', ARGV[2]) then
  redis.call('SADD', KEYS[3], ARGV[1])
  return redis.call('HINCRBY', KEYS[2], ARGV[1], 1)
end
return tonumber(redis.call('HGET', KEYS[2], ARGV[1]) or '0')`;

/** Causes on Redis: what a restart must neither lose nor repeat. */
export function createRedisCauses(redis: Redis, prefix: string): Causes {
  const incidents = `${prefix}:causes`;
  const counts = `${prefix}:cause-counts`;
  const grown = `${prefix}:cause-grown`;
  return {
    incidentOf: async (cause) => (await redis.hget(incidents, cause)) ?? undefined,
    async set(cause, incident) {
      await redis.hset(incidents, cause, incident);
    },
    async seen(incident, delivery) {
      const once = `${prefix}:delivery:${incident}:${delivery}`;
      return Number(await redis.eval(SEEN, 3, once, counts, grown, incident, SAME_DELIVERY_S));
    },
    async repaired(key, receipt, atMs) {
      const name = `${prefix}:repaired:${key}`;
      await redis.multi().zadd(name, String(atMs), receipt).expire(name, REMEMBERED_S).exec();
    },
    async repairs(key, sinceMs) {
      const rows = await redis.zrangebyscore(`${prefix}:repaired:${key}`, sinceMs, '+inf', 'WITHSCORES');
      return rows.flatMap((receipt, index) =>
        index % 2 === 0 ? [{ receipt, atMs: Number(rows[index + 1] ?? 0) }] : [],
      );
    },
    async takeGrown() {
      const ids = await redis.smembers(grown);
      const taken = [];
      for (const incident of ids) {
        // Removed before the count is read: what grows in between is in the set again.
        await redis.srem(grown, incident);
        taken.push({ incident, times: Number((await redis.hget(counts, incident)) ?? 0) });
      }
      return taken;
    },
  };
}
