import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/domain/entry.ts';
import { pinnedBy, type RecordedDigest } from '../../src/domain/expected.ts';
import { finding } from '../../src/domain/finding.ts';
import {
  type PlaySighting,
  playSightingsOf,
  windowsCsv,
  windowsSince,
  withdrawnDigests,
  wrongWindows,
} from '../../src/domain/wrong-window.ts';
import { aScope, entriesOf } from '../support/builders/entries.ts';

const START = Date.parse('2026-03-01T00:00:00.000Z');
const iso = (second: number): string => new Date(START + second * 1_000).toISOString();
const BAD = 'ab'.repeat(32);
const GOOD = '3f'.repeat(32);
const none = (): ReadonlySet<string> => new Set();

function seen(second: number, cell: PlaySighting['cell'], but: Partial<PlaySighting> = {}): PlaySighting {
  const what = cell === 'wrong' ? ['digest_mismatch'] : [];
  return { node: 'vast-1', model: 'hex8_2p', layer: 'file', from: iso(second), at: iso(second), cell, what, ...but };
}

const order = fc.uniqueArray(
  fc.record({
    second: fc.integer({ min: 0, max: 5_000 }),
    cell: fc.constantFrom('right', 'wrong', 'unknown' as const),
  }),
  { selector: ({ second }) => second, maxLength: 40 },
);

describe('when a wrong model was in play', () => {
  it('is certain between the looks that saw it, and possible from the last right look to the next', () => {
    const looks = [
      seen(0, 'right'),
      seen(10, 'wrong', { digest: BAD }),
      seen(20, 'unknown'),
      seen(30, 'wrong'),
      seen(40, 'right'),
    ];
    expect(wrongWindows(looks, none)).toEqual([
      {
        node: 'vast-1',
        model: 'hex8_2p',
        from: iso(0),
        seenFrom: iso(10),
        seenUntil: iso(30),
        until: iso(40),
        digests: [BAD],
        what: ['digest_mismatch'],
      },
    ]);
  });

  it('has no end while nobody saw it right again, and no beginning where nobody looked before', () => {
    expect(wrongWindows([seen(10, 'wrong'), seen(20, 'unknown')], none)).toMatchObject([{ from: null, until: null }]);
  });

  it('may have begun while the last right look was still reading', () => {
    const looks = [seen(10, 'right', { from: iso(4) }), seen(20, 'wrong', { from: iso(15) })];
    expect(wrongWindows(looks, none)).toMatchObject([{ from: iso(4), seenFrom: iso(20), seenUntil: iso(20) }]);
  });

  it('every wrong look lies in exactly one window, no right one in any, and windows do not overlap', () => {
    fc.assert(
      fc.property(order, (looks) => {
        const windows = wrongWindows(
          looks.map(({ second, cell }) => seen(second, cell)),
          none,
        );
        const inside = (at: string) =>
          windows.filter(({ seenFrom, seenUntil }) => seenFrom <= at && at <= seenUntil).length;
        for (const { second, cell } of looks) {
          if (cell === 'wrong') expect(inside(iso(second))).toBe(1);
          if (cell === 'right') expect(inside(iso(second))).toBe(0);
        }
        for (const [index, window] of windows.entries()) {
          expect(window.from === null || window.from <= window.seenFrom).toBe(true);
          expect(window.until === null || window.until >= window.seenUntil).toBe(true);
          const next = windows[index + 1];
          expect(next === undefined || (window.until ?? '') <= next.seenFrom).toBe(true);
          if (next !== undefined) expect(window.until !== null && next.from !== null).toBe(true);
        }
      }),
    );
  });

  it('is the same in whatever order the ledger was read', () => {
    fc.assert(
      fc.property(order, fc.func(fc.integer()), (looks, by) => {
        const all = looks.map(({ second, cell }) => seen(second, cell));
        const mixed = all.toSorted((a, b) => by(a.at) - by(b.at));
        expect(wrongWindows(mixed, none)).toEqual(wrongWindows(all, none));
      }),
    );
  });

  it('tells a file, an alias and what a process holds apart: one being right ends no window of another', () => {
    const looks = [
      seen(0, 'right', { layer: 'process' }),
      seen(10, 'wrong', { layer: 'process', what: ['plays_old_model'] }),
      seen(20, 'right'),
    ];
    expect(wrongWindows(looks, none)).toMatchObject([{ what: ['plays_old_model'], until: null }]);
  });

  it('holds what was expected then and was withdrawn since', () => {
    const looks = [
      seen(0, 'right', { digest: GOOD }),
      seen(10, 'right', { digest: BAD }),
      seen(30, 'right', { digest: GOOD }),
    ];
    expect(wrongWindows(looks, none)).toEqual([]);
    expect(wrongWindows(looks, () => new Set([BAD]))).toMatchObject([
      { from: iso(0), seenFrom: iso(10), until: iso(30), digests: [BAD], what: ['reverted'] },
    ]);
  });

  it('is left out when it was over before the time that is asked for', () => {
    const windows = wrongWindows([seen(0, 'wrong'), seen(10, 'right'), seen(20, 'wrong')], none);
    expect(windowsSince(windows, Date.parse(iso(10)))).toHaveLength(2);
    expect(windowsSince(windows, Date.parse(iso(11)))).toMatchObject([{ until: null }]);
  });

  it('is a table that programs read', () => {
    const windows = wrongWindows([seen(0, 'wrong', { digest: BAD }), seen(10, 'right')], none);
    expect(windowsCsv(windows).split('\n')).toEqual([
      'node,model,from,until,seen_from,seen_until,digests,what',
      `vast-1,hex8_2p,,${iso(10)},${iso(0)},${iso(0)},${BAD},digest_mismatch`,
      '',
    ]);
  });
});

describe('what looks tell of what was in play', () => {
  const found = finding({
    code: 'digest_mismatch',
    node: 'vast-1',
    model: 'hex8_2p',
    subject: 'canonical_hex8_2p.pth',
    severity: 'critical',
    title: 'other weights',
    evidence: [`sha256 canonical_hex8_2p.pth: ${BAD}`],
  });
  const look = (checks: string[], codes: (typeof found)['code'][] = []): Event => ({
    kind: 'checked',
    scope: { ...aScope({ checks }), nodes: ['vast-1'], models: ['hex8_2p'] },
    report: { findings: codes.map((code) => ({ ...found, code })), unknown: [], notes: [] },
    ms: 2_000,
    expected: { hex8_2p: { digest: GOOD, since: iso(0), provisional: false } },
  });
  const told = (event: Event) =>
    playSightingsOf(entriesOf(event), () => true).map(
      ({ layer, cell, digest }) => `${layer} ${cell} ${digest?.slice(0, 2) ?? ''}`,
    );

  it.each<[string, Event, string[]]>([
    ['a clear look', look(['model-digest', 'alias-links']), ['file right 3f', 'alias right ']],
    ['other bytes', look(['model-digest', 'alias-links'], ['digest_mismatch']), ['file wrong ab', 'alias right ']],
    [
      'a wrong alias',
      look(['model-digest', 'alias-links'], ['alias_wrong_target']),
      ['file right 3f', 'alias wrong ab'],
    ],
    ['a file in flight', look(['model-digest'], ['model_in_flight']), ['file unknown ']],
    ['processes', look(['model-present', 'model-play'], ['plays_old_model']), ['process wrong ab']],
    ['a look at names alone', look(['model-present']), []],
  ])('reads %s', (_, event, expected) => {
    expect(told(event)).toEqual(expected);
  });

  it('knows when a look began', () => {
    const [sighting] = playSightingsOf(entriesOf(look(['model-digest'])), () => true);
    expect(Date.parse(sighting?.at ?? '') - Date.parse(sighting?.from ?? '')).toBe(2_000);
  });
});

describe('digests that a person withdrew', () => {
  const line = (digest: string, by: string): RecordedDigest => ({
    digest: digest.repeat(64),
    bytes: 1,
    mtimeS: 1,
    since: iso(0),
    from: 'hub',
    by,
    provisional: false,
  });
  const recordOf = ([current, ...earlier]: RecordedDigest[]) => ({
    model: 'hex8_2p',
    current: current ?? null,
    candidate: null,
    earlier,
  });
  const pinned = pinnedBy('cli:alice');

  it.each([
    ['a promotion withdraws nothing', [line('b', 'seen'), line('a', 'seen')], []],
    ['a revert withdraws what it replaced', [line('a', pinned), line('b', 'seen'), line('a', 'seen')], ['b']],
    ['what is current again is right', [line('b', 'seen'), line('a', pinned), line('b', 'seen')], []],
    ['a pin of the same bytes withdraws nothing', [line('a', pinned), line('a', 'seen')], []],
    ['nothing on record', [], []],
  ])('%s', (_, lines, expected) => {
    expect([...withdrawnDigests(recordOf(lines))]).toEqual(expected.map((digit) => digit.repeat(64)));
  });
});
