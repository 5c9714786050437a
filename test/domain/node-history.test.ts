import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/domain/entry.ts';
import { knownAt, type Sighting, sightingsOf, spansOfSightings } from '../../src/domain/node-history.ts';
import { aFinding, aScope, entriesOf, planned, started } from '../support/builders/entries.ts';
import { aPlan, aResult } from '../support/builders/plans.ts';

const DIGEST = '3f'.repeat(32);
const scope = aScope({ checks: ['model-digest', 'alias-links'] });
const since = '2026-03-01T00:00:00.000Z';

function look(but: Partial<Extract<Event, { kind: 'checked' }>['report']> = {}, over = scope): Event {
  const report = { findings: [], unknown: [], notes: [], ...but };
  return {
    kind: 'checked',
    scope: over,
    report,
    ms: 1,
    expected: { hex8_2p: { digest: DIGEST, since, provisional: false } },
  };
}

const words = (...events: Event[]) =>
  sightingsOf(entriesOf(...events), 'vast-1', 'hex8_2p').map(({ cell, words: said }) => `${cell} ${said}`);

describe('what a node had', () => {
  it('is read off looks that read its bytes: right, wrong or not known', () => {
    const unknown = { node: 'vast-1', check: 'model-digest', reason: 'timeout', detail: 'no answer' } as const;
    expect(words(look(), look({ findings: [aFinding()] }), look({ unknown: [unknown] }))).toEqual([
      'right 3f3f…3f3f, as expected',
      'wrong ringrift_best_hex8_2p.pth is missing',
      'unknown not known (timeout: no answer)',
    ]);
  });

  it('is not told by looks at other nodes, other models or names alone', () => {
    const others = [
      aScope({ checks: ['alias-links'] }),
      { ...scope, nodes: ['vast-2'] },
      { ...scope, models: ['hex8_4p'] },
    ];
    expect(others.flatMap((over) => words(look({}, over)))).toEqual([]);
  });

  it('is read off changes that were verified, and off no others', () => {
    const plan = aPlan(['vast-1', 'vast-2']);
    const ended = (outcome: 'verified' | 'rolled_back'): Event => ({
      kind: 'target_ended',
      receipt: 'r-0412aa07',
      result: aResult('vast-1', { outcome }),
    });
    const step = plan.targets[0]?.steps.find(({ kind }) => kind === 'transfer');
    const seen = words(planned(plan), started(plan), ended('rolled_back'), ended('verified'));
    expect(seen).toEqual(
      step === undefined ? [] : [expect.stringMatching(/^right .*, placed and verified by r-0412aa07$/)],
    );
  });

  it('is one line however often it was seen, until something else was', () => {
    const seen = sightingsOf(entriesOf(look(), look(), look({ findings: [aFinding()] }), look()), 'vast-1', 'hex8_2p');
    expect(spansOfSightings(seen.toReversed()).map(({ cell, times }) => `${cell} ${times}`)).toEqual([
      'right 2',
      'wrong 1',
      'right 1',
    ]);
  });

  it('is right at the second before, of and after each change', () => {
    const start = Date.parse(since);
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 10_000 }), { minLength: 1, maxLength: 30 }), (seconds) => {
        const iso = (ms: number): string => new Date(ms).toISOString();
        const seen = seconds.map(
          (second): Sighting => ({
            at: iso(start + second * 1_000),
            cell: 'right',
            words: String(second),
            incident: 'i-00000001',
          }),
        );
        const sorted = seconds.toSorted((a, b) => a - b).map(String);
        for (const [index, second] of sorted.entries()) {
          const at = start + Number(second) * 1_000;
          expect(knownAt(seen, iso(at)).before?.words).toBe(second);
          expect(knownAt(seen, iso(at + 999)).before?.words).toBe(second);
          expect(knownAt(seen, iso(at - 1)).before?.words).toBe(sorted[index - 1]);
          expect(knownAt(seen, iso(at - 1)).after?.words).toBe(second);
        }
      }),
    );
  });
});
