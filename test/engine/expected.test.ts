import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SourceSeen } from '../../src/contract/job.ts';
import type { ModelRecord } from '../../src/domain/expected.ts';
import { recordAfter } from '../../src/engine/expected.ts';
import { aDigest } from '../support/builders/plans.ts';
import { aNode } from '../support/nodes.ts';

const hub = aNode('hub', { coordinator: true });
const now = new Date('2026-03-01T12:00:00.000Z');
const empty: ModelRecord = { model: 'hex8_2p', current: null, candidate: null, earlier: [] };
const OLD = aDigest('a');
const NEW = aDigest('b');

type File = Extract<SourceSeen, { kind: 'file' }>;
function seen(digest: string, but: Partial<File> = {}): File {
  return {
    kind: 'file',
    digest,
    bytes: 40,
    mtimeS: digest === OLD ? 1_000 : 2_000,
    read: true,
    detail: 'the detail',
    ...but,
  };
}

/** The record after these looks in order, and what the source was worth at the last one. */
function after(...looks: readonly SourceSeen[]): ReturnType<typeof recordAfter> {
  let last: ReturnType<typeof recordAfter> = { record: empty, source: { kind: 'unknown', node: 'hub', detail: '' } };
  for (const look of looks) last = recordAfter(last.record, look, hub, now);
  return last;
}

describe('recordAfter', () => {
  it('takes the first digest for the time being', () => {
    expect(after(seen(OLD))).toMatchObject({
      source: { kind: 'good', node: 'hub' },
      record: {
        current: {
          digest: OLD,
          provisional: true,
          since: now.toISOString(),
          from: 'hub',
          by: 'seen on the coordinator',
        },
        candidate: null,
        earlier: [],
      },
    });
  });

  it('is firm when the second look sees the same, and then a third changes nothing', () => {
    const firm = after(seen(OLD), seen(OLD));
    expect(firm.record.current).toMatchObject({ digest: OLD, provisional: false });
    expect(recordAfter(firm.record, seen(OLD), hub, now).record).toBe(firm.record);
  });

  it('gives up a digest that was never firm at once, and remembers it', () => {
    const { record, source } = after(seen(OLD), seen(NEW));
    expect(source.kind).toBe('good');
    expect(record).toMatchObject({ current: { digest: NEW, provisional: true }, earlier: [{ digest: OLD }] });
  });

  it('does not follow a new digest that was seen once beside a firm one', () => {
    const { record, source } = after(seen(OLD), seen(OLD), seen(NEW));
    expect(record).toMatchObject({ current: { digest: OLD, provisional: false }, candidate: { digest: NEW } });
    expect(source).toMatchObject({
      kind: 'bad',
      detail: expect.stringContaining('becomes current when the next look sees the same'),
    });
  });

  it('follows it when the next look sees it again, and remembers the earlier one', () => {
    const { record, source } = after(seen(OLD), seen(OLD), seen(NEW), seen(NEW));
    expect(source.kind).toBe('good');
    expect(record).toMatchObject({
      current: { digest: NEW, provisional: false },
      candidate: null,
      earlier: [{ digest: OLD }],
    });
  });

  it('forgets the candidate when the old file is back in between', () => {
    const { record } = after(seen(OLD), seen(OLD), seen(NEW), seen(OLD), seen(NEW));
    expect(record).toMatchObject({ current: { digest: OLD }, candidate: { digest: NEW } });
  });

  it('calls other bytes of the same size and time damage, never a promotion, however often they are seen', () => {
    const damaged = seen(NEW, { mtimeS: 1_000 });
    const { record, source } = after(seen(OLD), seen(OLD), damaged, damaged, damaged);
    expect(source).toMatchObject({ kind: 'bad', detail: expect.stringContaining('same size and time') });
    expect(record).toMatchObject({ current: { digest: OLD }, candidate: null });
  });

  it('is disputed by a newer delivery of bytes that nobody knows, and not by one of what was promoted before', () => {
    const delivered = { digest: aDigest('c'), atS: 2_001 };
    expect(after(seen(OLD), seen(OLD), seen(NEW, { delivered })).source).toMatchObject({
      kind: 'disputed',
      detail: expect.stringContaining("the daemon's delivery ledger says"),
    });
    const quiet = [{ delivered: { ...delivered, digest: OLD } }, { delivered: { ...delivered, atS: 1_999 } }];
    for (const but of quiet)
      expect(after(seen(OLD), seen(OLD), seen(NEW, but), seen(NEW, but)).source.kind).toBe('good');
  });

  it.each<[string, Partial<File>]>([['a torn container or another model’s metadata', { fault: 'metadata_wrong' }]])(
    'does not take %s, not even as the first',
    (_, but) => {
      expect(after(seen(OLD, but))).toEqual({
        record: empty,
        source: { kind: 'bad', node: 'hub', detail: 'the detail', code: 'metadata_wrong' },
      });
      const firm = after(seen(OLD), seen(OLD)).record;
      expect(recordAfter(firm, seen(NEW, but), hub, now).record).toBe(firm);
    },
  );

  it('keeps a file on record whose inside nobody could read, and does not send it', () => {
    const { record, source } = after(seen(OLD, { read: false }), seen(OLD, { read: false }));
    expect(record.current).toMatchObject({ digest: OLD, provisional: false });
    expect(source).toMatchObject({ kind: 'unknown' });
  });

  it.each(['absent', 'bad', 'unknown'] as const)('keeps the record when the source is %s', (kind) => {
    const firm = after(seen(OLD), seen(OLD)).record;
    const told = { kind, node: 'hub', detail: 'x' } as SourceSeen;
    expect(recordAfter(firm, told, hub, now)).toEqual({ record: firm, source: told });
  });

  it('has, after any looks, a firm digest only if two looks in a row over whole files saw it', () => {
    const look = fc.record({
      digest: fc.constantFrom(OLD, NEW, aDigest('c')),
      mtimeS: fc.integer({ min: 1, max: 3 }),
      sound: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(look, { maxLength: 12 }), (looks) => {
        const { record } = after(
          ...looks.map(({ digest, mtimeS, sound }) =>
            seen(digest, { mtimeS, ...(sound ? {} : { fault: 'format_corrupt' }) }),
          ),
        );
        const wholes = looks.filter(({ sound }) => sound).map(({ digest }) => digest);
        const { current } = record;
        if (current === null) expect(wholes).toEqual([]);
        else if (!current.provisional)
          expect(wholes.filter((digest) => digest === current.digest).length).toBeGreaterThanOrEqual(2);
        else expect(wholes).toContain(current.digest);
      }),
    );
  });
});
