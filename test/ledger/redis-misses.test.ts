import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KnownNode } from '../../src/domain/inventory-changes.ts';
import { createRedisGoneListTime, createRedisMisses } from '../../src/ledger/redis-misses.ts';
import { createRedisDigests } from '../../src/ledger/redis-stores.ts';
import { createRedisKnownNodes } from '../../src/ledger/redis-told.ts';
import { NOON } from '../support/builders/plans.ts';
import { type RedisHere, startRedisHere } from '../support/builders/redis-here.ts';

let server: RedisHere;
beforeAll(async () => {
  server = await startRedisHere();
});
afterAll(() => server.close());

it('misses of one process are seen by another, each cluster its own, and an answer takes them away', async () => {
  const one = createRedisMisses(server.connect(), 'medic:misses');
  const miss = { since: NOON, times: 3, reason: 'timeout' } as const;
  await one.set(
    new Map([
      ['vast-1', miss],
      ['vast-2', miss],
    ]),
  );
  await one.set(new Map([['vast-2', undefined]]));
  const other = createRedisMisses(server.connect(), 'medic:misses');
  expect([...(await other.all())]).toEqual([['vast-1', miss]]);
  expect((await createRedisMisses(server.connect(), 'medic:elsewhere').all()).size).toBe(0);
  await one.set(new Map());
});

it('the time of the last list and the nodes of the last reading outlive the process', async () => {
  const time = createRedisGoneListTime(server.connect(), 'medic:list');
  expect(await time.get()).toBeUndefined();
  await time.set(NOON);
  expect(await createRedisGoneListTime(server.connect(), 'medic:list').get()).toBe(NOON);
  const redis = server.connect();
  const known = createRedisKnownNodes(redis, 'medic:list');
  const node: KnownNode = {
    name: 'vast-1',
    reachedAt: 'a'.repeat(64),
    folder: null,
    coordinator: false,
    noTargetBecause: null,
  };
  await known.set([node]);
  expect(await known.get()).toEqual([node]);
  // Names alone are what an earlier version wrote: it begins anew instead of calling every node new.
  await redis.set('medic:list:known-nodes', '["vast-1"]');
  expect(await known.get()).toBeUndefined();
});

it('digests of one node are forgotten, and those of no other', async () => {
  const digests = createRedisDigests(server.connect(), 'medic:digests');
  const keys = ['vast-1 64:1 7', 'vast-1 64:1 8', 'vast-10 64:1 7', 'vast-2 64:1 7'];
  for (const key of keys) await digests.set(key, 'b'.repeat(64));
  await digests.forget('vast-1');
  expect(await Promise.all(keys.map((key) => digests.get(key)))).toEqual([
    undefined,
    undefined,
    'b'.repeat(64),
    'b'.repeat(64),
  ]);
});
