import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { KnownNodes } from '../contract/known-nodes.ts';
import { LEADER } from '../contract/leases.ts';
import type { SeenStore, Told, ToldStore } from '../contract/told.ts';
import { KnownNode } from '../domain/inventory-changes.ts';

/** Writes only while the writer leads: one that was frozen and has been followed finds out here, before it speaks. */
const TELL = `
if ARGV[1] ~= '' and redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
if ARGV[4] ~= '' then redis.call('HSET', KEYS[3], ARGV[4], ARGV[5]) end
return 1`;

/**
 * What was told in Slack, on Redis: one hash an incident, and an index from message to incident. `leader`: the owner of the leader's
 * lease; `set` throws once somebody else has it.
 */
export function createRedisTold(redis: Redis, prefix: string, leader = ''): ToldStore {
  const hashOf = (incident: string) => `${prefix}:told:${incident}`;
  const index = `${prefix}:told-index`;
  return {
    async get(incident) {
      const fields = await redis.hgetall(hashOf(incident));
      // Only this module writes these fields, each one a whole Told.
      return Object.fromEntries(Object.entries(fields).map(([key, json]) => [key, JSON.parse(json) as Told]));
    },
    async set(incident, key, told) {
      const keys = [`${prefix}:lease:${LEADER}`, hashOf(incident), index];
      const place = told.ts === '' ? '' : `${told.channel} ${told.ts}`;
      const written = await redis.eval(TELL, keys.length, ...keys, leader, key, JSON.stringify(told), place, incident);
      if (written !== 1) throw new Error('another bot tells now');
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
