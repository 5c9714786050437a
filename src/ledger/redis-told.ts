import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { KnownNodes } from '../contract/known-nodes.ts';
import type { SeenStore, Told, ToldStore } from '../contract/told.ts';
import { KnownNode } from '../domain/inventory-changes.ts';

/** What was told in Slack, on Redis: one hash an incident, and an index from message to incident. */
export function createRedisTold(redis: Redis, prefix: string): ToldStore {
  const hashOf = (incident: string) => `${prefix}:told:${incident}`;
  const index = `${prefix}:told-index`;
  return {
    async get(incident) {
      const fields = await redis.hgetall(hashOf(incident));
      // Only this module writes these fields, each one a whole Told.
      return Object.fromEntries(Object.entries(fields).map(([key, json]) => [key, JSON.parse(json) as Told]));
    },
    async set(incident, key, told) {
      const change = redis.multi().hset(hashOf(incident), key, JSON.stringify(told));
      if (told.ts !== '') change.hset(index, `${told.channel} ${told.ts}`, incident);
      await change.exec();
    },
    incidentOf: async (channel, ts) => (await redis.hget(index, `${channel} ${ts}`)) ?? undefined,
  };
}

/** Deliveries that were seen before, on Redis, so that a restart does not see them again. */
export function createRedisSeen(redis: Redis, prefix: string): SeenStore {
  return {
    firstTime: async (key, seconds) => (await redis.set(`${prefix}:seen:${key}`, '1', 'EX', seconds, 'NX')) === 'OK',
  };
}

/** Up to where each watched channel was read. */
export function createRedisCursors(redis: Redis, prefix: string) {
  const key = `${prefix}:watched-channels`;
  return {
    get: async (channel: string): Promise<string | undefined> => (await redis.hget(key, channel)) ?? undefined,
    set: async (channel: string, ts: string): Promise<void> => void (await redis.hset(key, channel, ts)),
  };
}

/** The nodes that are known, as one value: a set could not tell "none" from "never". */
export function createRedisKnownNodes(redis: Redis, prefix: string): KnownNodes {
  const key = `${prefix}:known-nodes`;
  return {
    async get() {
      const text = await redis.get(key);
      // What an earlier version wrote down were names alone: then it begins anew.
      return text === null ? undefined : z.array(KnownNode).safeParse(JSON.parse(text)).data;
    },
    set: async (nodes) => void (await redis.set(key, JSON.stringify(nodes))),
  };
}
