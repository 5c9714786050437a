import type { Redis } from 'ioredis';
import type { DigestCache } from '../contract/job.ts';
import type { Leases } from '../contract/leases.ts';
import type { Records } from '../contract/records.ts';
import { canonicalJson, Sha256 } from '../domain/digest.ts';
import { ModelRecord } from '../domain/expected.ts';

const REMEMBER_DIGEST_S = 7 * 24 * 3_600;
/** Earlier digests that a record keeps, newest first: years of promotions, read in every look. */
const EARLIER_MAX = 2_000;

const ACQUIRE = `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`;
const RELEASE = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`;
const REPLACE = `
local held = redis.call('HGET', KEYS[1], ARGV[1])
if (held or '') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1`;

/** Leases on Redis: taken and given back by scripts, so that only the owner ends its own. */
export function createRedisLeases(redis: Redis, prefix: string): Leases {
  const nameOf = (key: string) => `${prefix}:lease:${key}`;
  return {
    acquire: async (key, owner, ttlMs) => (await redis.eval(ACQUIRE, 1, nameOf(key), owner, ttlMs)) === 1,
    async release(key, owner) {
      await redis.eval(RELEASE, 1, nameOf(key), owner);
    },
    held: async (key) => (await redis.exists(nameOf(key))) === 1,
  };
}

/** The record of digests on Redis; a replacement happens only while the record is what the writer read. */
export function createRedisRecords(redis: Redis, prefix: string): Records {
  const key = `${prefix}:records`;
  return {
    async get(model) {
      const json = await redis.hget(key, model);
      return json === null
        ? { model, current: null, candidate: null, earlier: [] }
        : ModelRecord.parse(JSON.parse(json));
    },
    async replace(before, after) {
      const fresh = before.current === null && before.candidate === null && before.earlier.length === 0;
      const json = canonicalJson(ModelRecord.parse({ ...after, earlier: after.earlier.slice(0, EARLIER_MAX) }));
      return (await redis.eval(REPLACE, 1, key, before.model, fresh ? '' : canonicalJson(before), json)) === 1;
    },
  };
}

/** Remembered digests of unchanged files, for a week. */
export function createRedisDigests(redis: Redis, prefix: string): DigestCache {
  return {
    async get(key) {
      const found = Sha256.safeParse(await redis.get(`${prefix}:digest:${key}`));
      return found.success ? found.data : undefined;
    },
    async set(key, digest) {
      await redis.set(`${prefix}:digest:${key}`, digest, 'EX', REMEMBER_DIGEST_S);
    },
    async forget(node) {
      // No character of a name means anything in a pattern of Redis.
      const scan = { match: `${prefix}:digest:${node} *`, count: 500 };
      for await (const keys of redis.scanStream(scan)) if (keys.length > 0) await redis.unlink(...keys);
    },
  };
}
