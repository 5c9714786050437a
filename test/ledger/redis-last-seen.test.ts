import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRedisLastSeen } from '../../src/ledger/redis-last-seen.ts';
import { NOON } from '../support/builders/plans.ts';
import { type RedisHere, startRedisHere } from '../support/builders/redis-here.ts';

let server: RedisHere;
beforeAll(async () => {
  server = await startRedisHere();
});
afterAll(() => server.close());

it('is read by another process, each cluster and node its own; what cannot be read was not seen', async () => {
  const one = createRedisLastSeen(server.connect(), 'medic:seen');
  const seen = { 'a.pth': { at: NOON, state: { kind: 'absent' } } } as const;
  await one.set('vast-1', seen);
  await one.touch('vast-1', NOON);
  const redis = server.connect();
  const other = createRedisLastSeen(redis, 'medic:seen');
  expect([await other.of('vast-1'), await other.of('vast-2')]).toEqual([seen, {}]);
  expect([await other.touchedAt('vast-1'), await other.touchedAt('vast-2')]).toEqual([NOON, undefined]);
  expect(await createRedisLastSeen(redis, 'medic:elsewhere').of('vast-1')).toEqual({});
  for (const text of ['{"a.pth":{"at":"yesterday"}}', '{"a.pth"', '']) {
    await redis.hset('medic:seen:last-seen', 'vast-1', text);
    expect(await other.of('vast-1')).toEqual({});
  }
});
