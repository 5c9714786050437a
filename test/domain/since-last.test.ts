import { describe, expect, it } from 'vitest';
import { plainSpelling, sinceLines } from '../../src/domain/plan-since.ts';
import { likenessOf, sinceLast } from '../../src/domain/since-last.ts';
import { type Order, standingOf } from '../../src/domain/standing.ts';
import { looked } from '../support/builders/entries.ts';
import { aDigest, aPlan, aRunStep, aTarget, BOB, CAROL, NOON, nodeNames } from '../support/builders/plans.ts';

const lock: Order = {
  kind: 'locked',
  id: 'l-00000001',
  by: CAROL,
  at: NOON,
  nodes: ['vast-2'],
  models: [],
  reason: 'disk swap',
};
const seen = looked([], { unknown: [{ node: 'vast-4', check: 'reachable', reason: 'timeout', detail: 'no answer' }] });
const scope = { models: ['hex8_2p'], nodes: ['vast-1', 'vast-3', 'vast-4'], checks: ['alias-links'] };

describe('what is different from the last such plan', () => {
  const around = {
    standing: standingOf([lock]),
    refusals: [{ code: 'disk_low' as const, text: 'Only 3 MB are free.', nodes: ['vast-5'] }],
    look: seen.kind === 'checked' ? { ...seen, scope } : undefined,
  };
  const last = { plan: aPlan(nodeNames(6)), at: NOON, state: 'expired' as const };

  it('says which nodes are new, and of those that are gone why', () => {
    const since = sinceLast(last, aPlan(['vast-1', 'vast-9']), around);
    expect(since.added).toEqual(['vast-9']);
    expect(since.gone.map(({ node, how }) => [node, how])).toEqual([
      ['vast-2', 'locked'],
      ['vast-3', 'right'],
      ['vast-4', 'unknown'],
      ['vast-5', 'refused'],
      ['vast-6', 'left_out'],
    ]);
    const [line] = sinceLines(since, plainSpelling);
    expect(line).toContain(
      'of 2026-03-01 12:00 UTC, which expired: + vast-9, - vast-2 (locked by T0TEAM/U0CAROL: “disk swap”)',
    );
    expect(line).toContain('- vast-4 (unknown: timeout)');
  });

  it('says which bytes and which steps are others now', () => {
    const source = (digit: string) => ({ hex8_2p: { node: 'hub', digest: aDigest(digit), bytes: 1 } });
    const before = aPlan(['vast-1'], { source: source('a') });
    const now = aPlan(['vast-1'], {
      source: source('b'),
      targets: [aTarget('vast-1', { steps: [aRunStep({ title: 'send it too' })] })],
    });
    const since = sinceLast({ ...last, plan: before }, now, around);
    expect(since).toMatchObject({ changed: ['vast-1'], digests: [{ model: 'hex8_2p' }] });
    expect(sinceLines(since, plainSpelling)[0]).toContain('hex8_2p was aaaa…aaaa, is bbbb…bbbb, other steps on vast-1');
  });

  it('says that nothing is different, and why the last one was turned down', () => {
    const rejected = { by: BOB, reason: 'not during the tournament' };
    const since = sinceLast({ ...last, state: 'rejected', rejected }, last.plan, around);
    expect(sinceLines(since, plainSpelling)).toEqual([
      expect.stringMatching(
        /^does what plan [0-9a-f]{8} of 2026-03-01 12:00 UTC, which was rejected, would have done$/,
      ),
      'T0TEAM/U0BOB rejected that one: not during the tournament',
    ]);
  });
});

it('likenessOf is the repair and the models, whatever the nodes', () => {
  expect(likenessOf(aPlan(['vast-1']))).toBe(likenessOf(aPlan(nodeNames(4), { summary: 'other words' })));
  expect(likenessOf(aPlan(['vast-1']))).not.toBe(likenessOf(aPlan(['vast-1'], { repair: 'retire-alias' })));
  const other = aPlan(['vast-1'], { targets: [aTarget('vast-1', { models: ['hex8_4p'] })] });
  expect(likenessOf(other)).not.toBe(likenessOf(aPlan(['vast-1'])));
});
