import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { LastSeen } from '../contract/last-seen.ts';
import { EntryState } from '../domain/entry-state.ts';
import { Instant } from '../domain/names.ts';

const SeenNames = z.record(z.string(), z.strictObject({ at: Instant, state: EntryState }));

/** What was seen last on Redis, one field a node. What cannot be read was not seen: it is compared from the next look on. */
export function createRedisLastSeen(redis: Redis, prefix: string): LastSeen {
  const [seen, touched] = [`${prefix}:last-seen`, `${prefix}:last-touched`];
  return {
    async of(node) {
      const text = await redis.hget(seen, node);
      return text === null ? {} : namesIn(text);
    },
    set: async (node, names) => void (await redis.hset(seen, node, JSON.stringify(names))),
    touch: async (node, at) => void (await redis.hset(touched, node, at)),
    touchedAt: async (node) => (await redis.hget(touched, node)) ?? undefined,
  };
}

function namesIn(text: string): z.infer<typeof SeenNames> {
  try {
    return SeenNames.parse(JSON.parse(text));
  } catch {
    return {};
  }
}
