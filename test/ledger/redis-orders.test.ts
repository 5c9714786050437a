import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRedisOrders } from '../../src/ledger/redis-orders.ts';
import { ALICE, NOON } from '../support/builders/plans.ts';
import { type RedisHere, startRedisHere } from '../support/builders/redis-here.ts';

let server: RedisHere;
beforeAll(async () => {
  server = await startRedisHere();
});
afterAll(() => server.close());

const lock = { kind: 'locked', by: ALICE, at: NOON, nodes: ['vast-1'], models: [], reason: 'x' } as const;

it('orders of one process are seen by another at once, in their order, each cluster its own', async () => {
  const one = createRedisOrders(server.connect(), 'medic:orders');
  const other = createRedisOrders(server.connect(), 'medic:orders');
  const elsewhere = createRedisOrders(server.connect(), 'medic:other');
  await one.append({ ...lock, id: 'l-00000001', nodes: ['vast-1'], models: [] });
  await other.append({ ...lock, id: 'l-00000002', nodes: [], models: ['hex8_2p'] });
  await one.append({ kind: 'unlocked', by: ALICE, at: NOON, id: 'l-00000001' });
  expect((await other.standing()).locks.map(({ id }) => id)).toEqual(['l-00000002']);
  expect((await elsewhere.standing()).locks).toEqual([]);
});

it('an order that is none is refused before it is written', async () => {
  const orders = createRedisOrders(server.connect(), 'medic:strict');
  await expect(orders.append({ ...lock, id: 'lock', nodes: [], models: [] })).rejects.toThrow();
  expect((await orders.standing()).locks).toEqual([]);
});

it('what somebody else wrote there stops everything rather than being passed over', async () => {
  const redis = server.connect();
  await redis.xadd('medic:broken:orders', '*', 'order', '{"kind":"unlock everything"}');
  await expect(createRedisOrders(redis, 'medic:broken').standing()).rejects.toThrow();
});
