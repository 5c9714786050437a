import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/domain/entry.ts';
import type { Order } from '../../src/domain/standing.ts';
import { mayOrder, mayWrite, onlyForbids } from '../../src/domain/written.ts';
import { aFinding, authorized, looked, opened, planned, requested, started } from '../support/builders/entries.ts';
import { ALICE, aPlan, aReceipt, aResult, BOB, NOON, REQUEST } from '../support/builders/plans.ts';

const keys = ['bot', 'shell', 'key:alice', 'worker-00ff00ff00ff00ff', 'nobody'];
const writersOf = (event: Event) => keys.filter((key) => mayWrite(key, event));
const giversOf = (order: Order) => keys.filter((key) => mayOrder(key, order));
const worker = ['worker-00ff00ff00ff00ff'];
const desk = ['bot', 'shell', 'key:alice'];
const yes = (by: string): Event => ({ kind: 'approved', request: REQUEST, by });

describe('who writes what', () => {
  it.each<[string, Event, readonly string[]]>([
    ['what people ask for', opened(), desk],
    ['a prompt', requested(aPlan()), desk],
    ['a signed approval', authorized(aPlan()), desk],
    ['a look', looked([aFinding()]), worker],
    ['plans', planned(aPlan()), worker],
    ['a beginning', started(aPlan()), worker],
    ['a receipt', { kind: 'executed', receipt: aReceipt([aResult('vast-1')]) }, worker],
    ['a refusal', { kind: 'refused', by: ALICE, code: 'denied', text: 'x' }, keys.slice(0, -1)],
    ['what people are told', { kind: 'raised' }, ['bot']],
    ['the yes of somebody in Slack', yes(BOB), ['bot']],
    ['the yes of somebody in a shell', yes('cli:alice'), ['shell']],
    ['the yes of somebody with a key', yes('key:alice'), ['shell', 'key:alice']],
    ['the yes of another with a key', yes('key:bob'), ['shell']],
    ['the no of somebody in Slack', { kind: 'rejected', request: REQUEST, by: BOB, reason: 'x' }, ['bot']],
    ['an end', { kind: 'closed', by: BOB, reason: 'x', findings: [] }, ['bot']],
  ])('%s', (_, event, writers) => {
    expect(writersOf(event)).toEqual(writers);
  });

  it('a worker stops and counts, says that a look has ended, and lifts nothing else', () => {
    const ended = { kind: 'included', by: BOB, at: NOON, id: 'x-00000001' } as const;
    expect(giversOf(ended)).toEqual([...desk, ...worker]);
    expect(giversOf({ ...ended, after: 'i-00000001' })).toEqual(desk);
    const at = { by: 'alert:worker', at: NOON, reason: 'x' };
    expect(giversOf({ kind: 'readonly', ...at, on: true })).toEqual([...desk, ...worker]);
    expect(giversOf({ kind: 'readonly', ...at, on: false })).toEqual(desk);
    expect(giversOf({ kind: 'unverified', at: NOON, receipt: 'r-00000001', node: 'vast-1' })).toEqual(worker);
    expect(giversOf({ kind: 'unlocked', by: BOB, at: NOON, id: 'l-00000001' })).toEqual(['bot']);
  });

  it('each side alone says what it has read', () => {
    const digest = 'ab'.repeat(32);
    const setup = { inventory: digest, models: digest, coordinator: digest, roles: digest };
    const said = { kind: 'configured', at: NOON, setup } as const;
    expect(giversOf({ ...said, side: 'desk' })).toEqual(['bot', 'shell']);
    expect(giversOf({ ...said, side: 'worker' })).toEqual(worker);
  });

  it('only what forbids holds unsigned', () => {
    const lock = { by: BOB, at: NOON, id: 'l-00000001' };
    expect(onlyForbids({ kind: 'locked', ...lock, nodes: ['vast-1'], models: [], reason: '' })).toBe(true);
    expect(onlyForbids({ kind: 'unlocked', ...lock })).toBe(false);
    expect(onlyForbids({ kind: 'readonly', by: BOB, at: NOON, on: true, reason: '' })).toBe(true);
    expect(onlyForbids({ kind: 'readonly', by: BOB, at: NOON, on: false, reason: '' })).toBe(false);
  });
});
