import { describe, expect, it } from 'vitest';
import type { EventOf } from '../../src/domain/entry.ts';
import type { Finding } from '../../src/domain/finding.ts';
import { staleBecause } from '../../src/domain/plan-stale.ts';
import { aFinding, looked } from '../support/builders/entries.ts';
import { aDigest, aPlan, aTarget } from '../support/builders/plans.ts';

const cures = [aFinding().id];
const plan = aPlan([], { targets: ['vast-1', 'vast-2'].map((node) => aTarget(node, { cures })) });
const scope = { models: ['hex8_2p'], nodes: ['vast-1', 'vast-2'], checks: ['alias-links'] };

/** A look at both nodes that saw this. */
function aLook(findings: readonly Finding[] = [], but: Partial<EventOf<'checked'>> = {}): EventOf<'checked'> {
  const event = looked(findings);
  if (event.kind !== 'checked') throw new Error('no look');
  return { ...event, scope, ...but };
}

const silent = aLook().report;

describe('a plan that a look has made needless', () => {
  it('is stale when everything that it was to cure is gone', () => {
    expect(staleBecause(plan, aLook([]))).toBe('vast-[1-2] are right by now');
  });

  it.each([
    ['something of it is still there', aLook([aFinding()])],
    ['a node is wrong in another way by now', aLook([aFinding('vast-1', { code: 'alias_dangling' })])],
    [
      'a node did not answer',
      aLook([], {
        report: { ...silent, unknown: [{ node: 'vast-2', check: 'alias-links', reason: 'timeout', detail: '' }] },
      }),
    ],
    ['a node was not looked at', aLook([], { scope: { ...scope, nodes: ['vast-1'] } })],
    ['its checks were not made', aLook([], { scope: { ...scope, checks: ['reachable'] } })],
    ['its model was not looked at', aLook([], { scope: { ...scope, models: ['hex8_4p'] } })],
  ])('is not when %s', (_, look) => expect(staleBecause(plan, look)).toBeUndefined());

  it('is not when it was wished for and cures nothing', () => {
    const wished = aPlan(['vast-1'], { targets: [aTarget('vast-1', { cures: [] })] });
    expect(staleBecause(wished, aLook([]))).toBeUndefined();
  });

  it('is stale when other bytes are expected by now', () => {
    const sends = aPlan(['vast-1'], { source: { hex8_2p: { node: 'hub', digest: aDigest('b'), bytes: 1 } } });
    const expected = { hex8_2p: { digest: aDigest('c'), since: '2026-03-01T12:00:00.000Z', provisional: false } };
    const look = aLook([aFinding()], { expected });
    expect(staleBecause(sends, look)).toContain('hex8_2p is another one now');
    const same = { hex8_2p: { ...expected.hex8_2p, digest: aDigest('b') } };
    expect(staleBecause(sends, { ...look, expected: same })).toBeUndefined();
  });
});
