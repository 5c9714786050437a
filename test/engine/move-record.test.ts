import { describe, expect, it } from 'vitest';
import type { Records } from '../../src/contract/records.ts';
import type { ModelRecord } from '../../src/domain/expected.ts';
import { moveRecord, moveRecordBack } from '../../src/engine/move-record.ts';
import { aDigest } from '../support/builders/plans.ts';

const now = new Date('2026-03-01T12:00:00.000Z');
const to = { digest: aDigest('b'), bytes: 40, mtimeS: 2, from: 'vast-1', by: 'pinned by cli:alice' };
const line = {
  digest: aDigest('a'),
  bytes: 40,
  mtimeS: 1,
  since: now.toISOString(),
  from: 'hub',
  by: 'seen',
  provisional: false,
};
const base = { id: 'step-1', title: 'move', timeoutMs: 1_000, undo: { kind: 'record' as const }, model: 'hex8_2p' };
const step = { kind: 'record' as const, ...base, from: line.digest, to };

function recordsOf(start: Partial<ModelRecord>, losses = 0): Records & { now: () => ModelRecord } {
  let held: ModelRecord = { model: 'hex8_2p', current: null, candidate: null, earlier: [], ...start };
  let lost = 0;
  return {
    now: () => held,
    get: async () => held,
    async replace(before, after) {
      if (before !== held || lost++ < losses) return false;
      held = after;
      return true;
    },
  };
}

describe('moving the record', () => {
  it('remembers what was current, and takes it back', async () => {
    const records = recordsOf({ current: line, candidate: line });
    expect(await moveRecord(records, step, now)).toBeUndefined();
    expect(records.now()).toMatchObject({ current: { ...to, provisional: false }, candidate: null, earlier: [line] });
    expect(await moveRecordBack(records, step)).toBeUndefined();
    expect(records.now()).toMatchObject({ current: line, earlier: [] });
  });

  it('may be done, and taken back, twice', async () => {
    const records = recordsOf({ current: line });
    for (let time = 0; time < 2; time += 1) expect(await moveRecord(records, step, now)).toBeUndefined();
    expect(records.now().earlier).toEqual([line]);
    for (let time = 0; time < 2; time += 1) expect(await moveRecordBack(records, step)).toBeUndefined();
    expect(records.now().current).toEqual(line);
  });

  it('pins what was current already, so that the word is on record', async () => {
    const records = recordsOf({ current: line });
    const same = { ...step, to: { ...to, digest: line.digest } };
    expect(await moveRecord(records, same, now)).toBeUndefined();
    expect(records.now().current?.by).toBe('pinned by cli:alice');
    expect(await moveRecordBack(records, same)).toBeUndefined();
    expect(records.now().current).toEqual(line);
  });

  it('leaves a record alone that somebody else has moved', async () => {
    const other = { ...line, digest: aDigest('c') };
    const records = recordsOf({ current: other });
    expect(await moveRecord(records, step, now)).toMatch(/has moved to cccc/);
    expect(await moveRecordBack(records, step)).toMatch(/moved by somebody else/);
    expect(records.now().current).toEqual(other);
  });

  it('begins a record, and ends it again', async () => {
    const records = recordsOf({});
    const first = { ...step, from: null };
    expect(await moveRecord(records, first, now)).toBeUndefined();
    expect(await moveRecordBack(records, first)).toBeUndefined();
    expect(records.now()).toMatchObject({ current: null, earlier: [] });
  });

  it('tries again while others write, and not for ever', async () => {
    expect(await moveRecord(recordsOf({ current: line }, 3), step, now)).toBeUndefined();
    expect(await moveRecord(recordsOf({ current: line }, 9), step, now)).toMatch(/changed 5 times/);
  });
});
