import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Agenda } from '../../src/contract/agenda.ts';
import { createRedisAgenda } from '../../src/ledger/redis-agenda.ts';
import { aScope } from '../support/builders/entries.ts';
import { createMemoryAgenda } from '../support/builders/memory-agenda.ts';
import { aDigest } from '../support/builders/plans.ts';
import { type RedisHere, startRedisHere } from '../support/builders/redis-here.ts';

let here: RedisHere;
beforeAll(async () => {
  here = await startRedisHere();
});
afterAll(() => here.close());

const job = (incident: string, fresh = false) => ({ incident, scope: aScope(), fresh, inventory: aDigest('d') });

describe.each<[string, () => Agenda]>([
  ['in memory', createMemoryAgenda],
  ['on Redis', () => createRedisAgenda(here.connect(), 'medic:agenda')],
])('an agenda %s', (_, open) => {
  it('knows what is due, once for each incident, until it is dropped', async () => {
    const agenda = open();
    await agenda.plan('i-00000001', 1_000);
    await agenda.plan('i-00000002', 5_000);
    await agenda.plan('i-00000001', 2_000);
    expect(await agenda.due(1_999)).toEqual([]);
    expect(await agenda.due(2_000)).toEqual(['i-00000001']);
    await agenda.drop('i-00000001');
    expect(await agenda.due(9_000)).toEqual(['i-00000002']);
  });

  it('has so many turns a minute, whoever takes them', async () => {
    const agenda = open();
    const taken = await Promise.all([1, 2, 3, 4].map(() => agenda.takeTurn(7, 3)));
    expect(taken.filter(Boolean)).toHaveLength(3);
    expect(await agenda.takeTurn(8, 3)).toBe(true);
  });

  it('keeps looks in a row, one an incident, the latest in the place of the first', async () => {
    const agenda = open();
    expect(await agenda.queue(job('i-0000000a'))).toBe(true);
    expect(await agenda.queue(job('i-0000000b'))).toBe(true);
    expect(await agenda.queue(job('i-0000000a', true))).toBe(false);
    expect(await agenda.queued()).toEqual([job('i-0000000a', true), job('i-0000000b')]);
    await agenda.unqueue(job('i-0000000a'));
    expect(await agenda.queued()).toEqual([job('i-0000000b')]);
    await agenda.unqueue(job('i-0000000b'));
    expect(await agenda.queued()).toEqual([]);
  });
});
