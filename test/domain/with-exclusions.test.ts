import { describe, expect, it } from 'vitest';
import { defaultNodes, resolveNodeSet } from '../../src/domain/node-set.ts';
import { type Order, standingOf } from '../../src/domain/standing.ts';
import { withExclusions } from '../../src/domain/with-exclusions.ts';
import { nodeNamed } from '../jobs/node-here.ts';
import { ALICE, NOON } from '../support/builders/plans.ts';

const excluded: Order = {
  kind: 'excluded',
  id: 'x-00000001',
  by: ALICE,
  at: NOON,
  nodes: ['vast-1', 'gone-1'],
  until: '2026-03-08T12:00:00.000Z',
  reason: 'new disk',
};
const inventory = { nodes: ['vast-1', 'vast-2'].map((name) => nodeNamed(name, '/models')), notes: [] };

describe('an excluded node', () => {
  it('is in no set, and says why when it is named', () => {
    const counted = withExclusions(inventory, standingOf([excluded]));
    expect(defaultNodes(counted.nodes).map(({ name }) => name)).toEqual(['vast-2']);
    expect(resolveNodeSet('vast-*', counted.nodes)).toMatchObject({ nodes: [{ name: 'vast-2' }] });
    const named = resolveNodeSet('vast-1', counted.nodes);
    expect(named.ok ? '' : named.refusal.text).toBe(
      `vast-1 is excluded until 2026-03-08 12:00 UTC, by ${ALICE} since 2026-03-01 12:00 UTC: new disk (x-00000001); “include vast-1” lets it count again. Nothing was run.`,
    );
  });

  it('counts again when it is included, and nothing changes without exclusions', () => {
    const included: Order = { kind: 'included', id: 'x-00000001', by: ALICE, at: NOON };
    expect(withExclusions(inventory, standingOf([excluded, included]))).toBe(inventory);
  });
});
