import type { Redis } from 'ioredis';
import type { GoneListTime, Misses } from '../contract/misses.ts';
import { Miss } from '../domain/miss.ts';

/** Counts of missed looks on Redis, one field a node. */
export function createRedisMisses(redis: Redis, prefix: string): Misses {
  const key = `${prefix}:misses`;
  return {
    async all() {
      const fields = await redis.hgetall(key);
      return new Map(Object.entries(fields).map(([node, json]) => [node, Miss.parse(JSON.parse(json))]));
    },
    async set(nodes) {
      const change = redis.multi();
      for (const [node, miss] of nodes)
        if (miss === undefined) change.hdel(key, node);
        else change.hset(key, node, JSON.stringify(miss));
      await change.exec();
    },
  };
}

/** When the list of gone nodes was made last, on Redis. */
export function createRedisGoneListTime(redis: Redis, prefix: string): GoneListTime {
  const key = `${prefix}:gone-list`;
  return {
    get: async () => (await redis.get(key)) ?? undefined,
    set: async (at) => void (await redis.set(key, at)),
  };
}
