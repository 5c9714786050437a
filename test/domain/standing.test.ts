import { describe, expect, it } from 'vitest';
import {
  lockOn,
  lockWords,
  type Order,
  standingOf,
  standingRefusal,
  unverifiedLately,
} from '../../src/domain/standing.ts';
import { ALICE, aPlan, BOB, NOON } from '../support/builders/plans.ts';

const locked = (id: string, nodes: string[], models: string[] = []): Order => ({
  kind: 'locked',
  id,
  by: ALICE,
  at: NOON,
  nodes,
  models,
  reason: 'a new disk',
});
const unlocked = (id: string): Order => ({ kind: 'unlocked', id, by: BOB, at: NOON });
const readonly = (on: boolean): Order => ({ kind: 'readonly', on, by: BOB, at: NOON, reason: 'why' });
const unverified = (at: string): Order => ({ kind: 'unverified', at, receipt: 'r-00000001', node: 'vast-1' });

describe('standing orders', () => {
  it('begin with nothing', () => {
    expect(standingOf([])).toEqual({
      envelopes: new Map(),
      locks: [],
      silences: [],
      readonly: undefined,
      unverified: [],
      setups: new Map(),
    });
    expect(standingRefusal(standingOf([]), aPlan())).toBeUndefined();
  });

  it('keep a lock until exactly that one is ended', () => {
    const standing = standingOf([
      locked('l-00000001', ['vast-1']),
      locked('l-00000002', ['vast-1']),
      unlocked('l-00000001'),
    ]);
    expect(standing.locks.map(({ id }) => id)).toEqual(['l-00000002']);
    expect(standingOf([unlocked('l-00000001'), locked('l-00000001', ['vast-1'])]).locks).toHaveLength(1);
  });

  it('hold nodes, and models wherever they are', () => {
    const standing = standingOf([locked('l-00000001', ['vast-1']), locked('l-00000002', [], ['hex8_2p'])]);
    expect(lockOn(standing, 'vast-1')?.id).toBe('l-00000001');
    expect(lockOn(standing, 'vast-2')).toBeUndefined();
    expect(lockOn(standing, 'vast-2', 'hex8_2p')?.id).toBe('l-00000002');
    expect(lockOn(standing, 'vast-2', 'hex8_3p')).toBeUndefined();
  });

  it('say who, since when and why', () => {
    const [lock] = standingOf([locked('l-00000001', ['vast-1', 'vast-2'])]).locks;
    if (lock === undefined) throw new Error('no lock');
    expect(lockWords(lock)).toBe(
      `vast-[1-2] are locked by ${ALICE} since 2026-03-01 12:00 UTC: a new disk (l-00000001).`,
    );
  });

  it('forget failed verifications when read-only is switched', () => {
    const now = Date.parse(NOON);
    const at = (minutesAgo: number) => new Date(now - minutesAgo * 60_000).toISOString();
    const three = [unverified(at(61)), unverified(at(59)), unverified(at(1))];
    expect(unverifiedLately(standingOf(three), now)).toBe(2);
    expect(unverifiedLately(standingOf([...three, readonly(true), readonly(false)]), now)).toBe(0);
  });

  it('let nothing run while everything is read-only', () => {
    expect(standingRefusal(standingOf([readonly(true)]), aPlan())).toMatchObject({ code: 'read_only' });
    expect(standingRefusal(standingOf([readonly(true), readonly(false)]), aPlan())).toBeUndefined();
  });
});
