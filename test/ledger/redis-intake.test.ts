import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRedisIntake } from '../../src/ledger/redis-intake.ts';
import { type RedisHere, startRedisHere } from '../support/builders/redis-here.ts';

let here: RedisHere;
beforeAll(async () => {
  here = await startRedisHere();
});
afterAll(() => here.close());

const batch = { source: 'log', path: 'logs/distribution.log', text: 'a\n', offsetMinutes: 0 } as const;

describe('the intake', () => {
  it('moves on and hands over in one act, and never from a place that somebody has left', async () => {
    const intake = createRedisIntake(here.connect(), 'medic:intake-a');
    expect(await intake.advance('log', undefined, '1', batch)).toBe(true);
    const both = await Promise.all([intake.advance('log', '1', '2', batch), intake.advance('log', '1', '2', batch)]);
    expect(both.filter(Boolean)).toHaveLength(1);
    expect(await intake.advance('log', undefined, '9', batch)).toBe(false);
    expect(await intake.position('log')).toBe('2');
    expect(await intake.position('ledger')).toBeUndefined();
    expect(await intake.waiting()).toBe(2);
  });

  it('gives the oldest first, again until it is taken', async () => {
    const intake = createRedisIntake(here.connect(), 'medic:intake-b');
    for (const text of ['a\n', 'b\n', 'c\n']) await intake.advance(text, undefined, 'x', { ...batch, text });
    const [first] = await intake.next(1);
    expect(first?.batch.text).toBe('a\n');
    expect((await intake.next(2)).map((one) => one.batch.text)).toEqual(['a\n', 'b\n']);
    await intake.taken(first?.id ?? '');
    expect((await intake.next(9)).map((one) => one.batch.text)).toEqual(['b\n', 'c\n']);
  });
});
