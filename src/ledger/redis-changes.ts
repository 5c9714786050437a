import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Changes } from '../contract/changes.ts';
import { CAP_WINDOW_MS } from '../domain/caps.ts';

/** Changes of all workers on one Redis, for an hour. */
export function createRedisChanges(redis: Redis, prefix: string): Changes {
  const key = `${prefix}:changes`;
  return {
    async note({ node, atMs }) {
      const member = `${node} ${randomBytes(8).toString('hex')}`;
      await redis
        .multi()
        .zadd(key, atMs, member)
        .zremrangebyscore(key, 0, atMs - CAP_WINDOW_MS)
        .exec();
    },
    async lately(nowMs) {
      const found = await redis.zrange(key, nowMs - CAP_WINDOW_MS, '+inf', 'BYSCORE', 'WITHSCORES');
      return found.flatMap((member, index) =>
        index % 2 === 0 ? [{ node: member.split(' ')[0] ?? '', atMs: Number(found[index + 1]) }] : [],
      );
    },
  };
}
