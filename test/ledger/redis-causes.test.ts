import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Causes } from '../../src/contract/causes.ts';
import { createRedisCauses } from '../../src/ledger/redis-causes.ts';
import { createMemoryCauses } from '../support/builders/memory-causes.ts';
import { type RedisHere, startRedisHere } from '../support/builders/redis-here.ts';

let here: RedisHere;
beforeAll(async () => {
  here = await startRedisHere();
});
afterAll(() => here.close());

describe.each<[string, () => Causes]>([
  ['in memory', createMemoryCauses],
  ['on Redis', () => createRedisCauses(here.connect(), 'medic:causes')],
])('causes %s', (_, open) => {
  it('know the incident of a cause, the latest one', async () => {
    const causes = open();
    expect(await causes.incidentOf('a')).toBeUndefined();
    await causes.set('a', 'i-00000001');
    await causes.set('a', 'i-00000002');
    expect(await causes.incidentOf('a')).toBe('i-00000002');
  });

  it('count each delivery once, also of two that count at once, and give what has grown once', async () => {
    const causes = open();
    const counts = await Promise.all(['x', 'y', 'x', 'z'].map((delivery) => causes.seen('i-00000003', delivery)));
    expect(Math.max(...counts)).toBe(3);
    expect(await causes.takeGrown()).toEqual([{ incident: 'i-00000003', times: 3 }]);
    expect(await causes.seen('i-00000003', 'x')).toBe(3);
    expect(await causes.takeGrown()).toEqual([]);
  });
});
