import { describe, expect, it } from 'vitest';
import type { KeptFile } from '../../src/domain/kept-file.ts';
import {
  isQuarantineLook,
  judgeKept,
  type KeptFacts,
  quarantineLines,
  quarantineNews,
} from '../../src/domain/quarantine.ts';

const DAY = 86_400;
const RULES = { days: 7, generations: 2, bytesMax: undefined };
const C = 'canonical_hex8_2p.pth';

function facts(receipt: string, days: number, over: Partial<KeptFacts> = {}): KeptFacts {
  return { receipt, name: C, bytes: 100, ageS: days * DAY, known: true, lastGood: false, ...over };
}

function states(files: readonly KeptFacts[], rules: Parameters<typeof judgeKept>[1] = RULES): Record<string, string> {
  return Object.fromEntries(judgeKept(files, rules).map(({ file, state }) => [file.receipt, state]));
}

function told(node: string, over: Partial<KeptFile> = {}): KeptFile {
  const base = { node, receipt: 'r-00000001', name: C, model: 'hex8_2p', bytes: 40_000_000, frees: 40_000_000 };
  return { ...base, ageS: 9 * DAY, state: 'expired', why: 'older than 7 days', ...over };
}

describe('what is kept', () => {
  it('has its time after so many days, and not a second before', () => {
    expect(states([facts('r-1', 7), facts('r-2', 7.001, { name: 'other.pth' })])).toEqual({
      'r-1': 'kept',
      'r-2': 'expired',
    });
  });

  it('goes when enough newer ones of its own name are there, whatever receipt came first in the list', () => {
    const files = [facts('r-3', 3), facts('r-1', 1), facts('r-2', 2), facts('r-9', 3, { name: 'other.pth' })];
    expect(states(files)).toEqual({ 'r-1': 'kept', 'r-2': 'kept', 'r-3': 'expired', 'r-9': 'kept' });
  });

  it('stays as the last known-good, and when nobody knows what it is', () => {
    const files = [facts('r-1', 30, { lastGood: 'proven' }), facts('r-2', 40, { known: false, name: 'x' })];
    expect(states(files, { ...RULES, bytesMax: 0 })).toEqual({ 'r-1': 'last_good', 'r-2': 'strange' });
  });

  it('goes, the oldest first, until the rest is small enough', () => {
    const files = [facts('r-1', 1), facts('r-2', 2, { name: 'a' }), facts('r-3', 3, { name: 'b' })];
    expect(states(files, { ...RULES, bytesMax: 200 })).toEqual({ 'r-1': 'kept', 'r-2': 'kept', 'r-3': 'expired' });
    expect(states(files, { ...RULES, bytesMax: 99 })).toEqual({ 'r-1': 'expired', 'r-2': 'expired', 'r-3': 'expired' });
    expect(judgeKept(files, { ...RULES, bytesMax: 200 }).map(({ why }) => why)).toContain(
      'more than 200 bytes are kept',
    );
  });
});

describe('the words about it', () => {
  it('say how much, where, and how much may go', () => {
    expect(quarantineNews([], 3)).toBe('nothing lies in quarantine on 3 nodes');
    expect(quarantineNews([told('vast-1', { state: 'kept', why: '' })], 1)).toBe(
      '1 replaced file (40 MB) kept on 1 of 1 node; none of it has had its time',
    );
    // Bytes that have another name too are not freed.
    expect(quarantineNews([told('vast-1'), told('vast-2', { frees: 0 })], 8)).toBe(
      '2 replaced files (80 MB) kept on 2 of 8 nodes; 2 files have had their time: deleting frees 40 MB',
    );
  });

  it('fold nodes that keep the same, what may be deleted first', () => {
    const lines = quarantineLines([
      told('vast-3', { receipt: 'r-00000002', state: 'kept', why: '', ageS: DAY }),
      told('vast-1'),
      told('vast-2'),
    ]);
    expect(lines).toEqual([
      `vast-[1-2]  r-00000001  ${C}  40 MB  9 days old  may be deleted: older than 7 days`,
      `vast-3      r-00000002  ${C}  40 MB  24 h old`,
    ]);
  });

  it('are of a look that asked for nothing else', () => {
    expect(isQuarantineLook({ checks: ['quarantine'] })).toBe(true);
    expect(isQuarantineLook({ checks: ['quarantine', 'model-digest'] })).toBe(false);
    expect(isQuarantineLook({ checks: [] })).toBe(false);
  });
});
