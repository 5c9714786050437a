import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRedisOrders } from '../../src/ledger/redis-orders.ts';
import { createRun } from '../../src/ledger/signed-rows.ts';
import { ALICE, NOON } from '../support/builders/plans.ts';
import { type RedisHere, startRedisHere } from '../support/builders/redis-here.ts';
import { startKeys } from '../support/builders/signing.ts';

let server: RedisHere;
beforeAll(async () => {
  server = await startRedisHere();
});
afterAll(async () => {
  keys.close();
  await server.close();
});

const keys = startKeys();
const now = () => new Date();
const ordersOf = (prefix: string, program: 'bot' | 'shell' | 'worker' = 'bot', told: string[] = []) =>
  createRedisOrders({
    redis: server.connect(),
    prefix,
    now,
    signing: keys.signing(program),
    onSetAside: ({ why }) => void told.push(why),
  });

const lock = { kind: 'locked', by: ALICE, at: NOON, nodes: ['vast-1'], models: [], reason: 'x' } as const;

it('orders of one process are seen by another at once, in their order, each cluster its own', async () => {
  const one = ordersOf('medic:orders');
  const other = ordersOf('medic:orders');
  const elsewhere = ordersOf('medic:other');
  await one.append({ ...lock, id: 'l-00000001', nodes: ['vast-1'], models: [] });
  await other.append({ ...lock, id: 'l-00000002', nodes: [], models: ['hex8_2p'] });
  await one.append({ kind: 'unlocked', by: ALICE, at: NOON, id: 'l-00000001' });
  expect((await other.standing()).locks.map(({ id }) => id)).toEqual(['l-00000002']);
  expect((await elsewhere.standing()).locks).toEqual([]);
});

it('an order that is none is refused before it is written', async () => {
  const orders = ordersOf('medic:strict');
  await expect(orders.append({ ...lock, id: 'lock', nodes: [], models: [] })).rejects.toThrow();
  expect((await orders.standing()).locks).toEqual([]);
});

it('what nobody signed counts for nothing, is told once, and still forbids where an update would lift it', async () => {
  const redis = server.connect();
  const write = (order: object) => redis.xadd('medic:broken:orders', '*', 'order', JSON.stringify(order));
  await redis.xadd('medic:broken:orders', '*', 'order', '{"kind":"unlock everything"}');
  await write({ ...lock, id: 'l-00000003' });
  await write({ kind: 'readonly', by: ALICE, at: NOON, on: true, reason: 'x' });
  await write({ kind: 'unlocked', by: ALICE, at: NOON, id: 'l-00000003' });
  await write({ kind: 'readonly', by: ALICE, at: NOON, on: false, reason: 'x' });
  const told: string[] = [];
  const orders = ordersOf('medic:broken', 'bot', told);
  for (let reading = 0; reading < 2; reading += 1) {
    const standing = await orders.standing();
    expect(standing.locks.map(({ id }) => id)).toEqual(['l-00000003']);
    expect(standing.readonly).toBeDefined();
  }
  expect(told).toEqual(['unsigned', 'unsigned', 'unsigned']);
  await orders.append({ kind: 'unlocked', by: ALICE, at: NOON, id: 'l-00000003' });
  await orders.append({ kind: 'readonly', by: ALICE, at: NOON, on: false, reason: 'x' });
  expect(await orders.standing()).toMatchObject({ locks: [], readonly: undefined });
});

it('an order counts where it was given, once, as it was given and by who gives such orders', async () => {
  const redis = server.connect();
  const [told, stream]: [string[], string] = [[], 'medic:moved:orders'];
  const orders = ordersOf('medic:moved', 'bot', told);
  await orders.append({ ...lock, id: 'l-00000004', nodes: ['vast-1'], models: [] });
  await orders.append({ kind: 'unlocked', by: ALICE, at: NOON, id: 'l-00000004' });
  await orders.append({ ...lock, id: 'l-00000004', nodes: ['vast-1'], models: [] });
  const [, unlocked] = await redis.xrange(stream, '-', '+');
  const fields = unlocked?.[1] ?? [];
  // Once more, with a byte changed, in the stream of another cluster, and by a worker.
  await redis.xadd(stream, '*', ...fields);
  await redis.xadd(stream, '*', ...fields.map((field) => field.replace('T0TEAM', 'T0TEAN')));
  await ordersOf('medic:moved', 'worker').append({ kind: 'unlocked', by: ALICE, at: NOON, id: 'l-00000004' });
  expect((await orders.standing()).locks.map(({ id }) => id)).toEqual(['l-00000004']);
  expect(told).toEqual(['repeated', 'bad_signature', 'not_its_writer']);
  const elsewhere = createRedisOrders({ redis, prefix: 'medic:moved', now, signing: keys.signing('bot', 'other') });
  expect((await elsewhere.standing()).locks).toEqual([]);
});

it('a signed order that does not read as one stops everything: it may forbid something', async () => {
  const redis = server.connect();
  const orders = ordersOf('medic:newer');
  const inTurn = createRun(keys.signing('bot'));
  await inTurn(async (fieldsOf) => {
    const fields = fieldsOf({ stream: 'orders', at: NOON, text: '{"kind":"frozen"}' });
    return (await redis.xadd('medic:newer:orders', '*', ...fields)) ?? undefined;
  });
  await expect(orders.standing()).rejects.toThrow();
});
