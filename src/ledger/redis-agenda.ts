import type { Redis } from 'ioredis';
import { type Agenda, placeInRow } from '../contract/agenda.ts';
import type { UnaskedLook } from '../contract/dispatch.ts';

const TURNS_KEPT_S = 180;

/** The agenda on Redis, shared by all bots. */
export function createRedisAgenda(redis: Redis, prefix: string): Agenda {
  const due = `${prefix}:agenda`;
  const row = `${prefix}:look-row`;
  const jobs = `${prefix}:look-jobs`;
  return {
    plan: async (incident, atMs) => void (await redis.zadd(due, atMs, incident)),
    due: (nowMs) => redis.zrangebyscore(due, 0, nowMs),
    drop: async (incident) => void (await redis.zrem(due, incident)),
    async takeTurn(minute, max) {
      const key = `${prefix}:look-turns:${minute}`;
      const taken = await redis.incr(key);
      if (taken === 1) await redis.expire(key, TURNS_KEPT_S);
      return taken <= max;
    },
    async queue(job) {
      const place = placeInRow(job);
      const answers = await redis
        .multi()
        .hset(jobs, place, JSON.stringify(job))
        .zadd(row, 'NX', String(Date.now()), place)
        .exec();
      return Number(answers?.[1]?.[1] ?? 0) === 1;
    },
    async queued() {
      const order = await redis.zrange(row, '0', '-1');
      if (order.length === 0) return [];
      const texts = await redis.hmget(jobs, ...order);
      // Only this module writes these fields, each one a whole job.
      return texts.flatMap((text) => (text === null ? [] : [JSON.parse(text) as UnaskedLook]));
    },
    async unqueue(job) {
      const place = placeInRow(job);
      await redis.multi().zrem(row, place).hdel(jobs, place).exec();
    },
  };
}
