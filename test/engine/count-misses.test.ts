import { describe, expect, it } from 'vitest';
import type { Misses } from '../../src/contract/misses.ts';
import type { Miss } from '../../src/domain/miss.ts';
import { countMisses } from '../../src/engine/count-misses.ts';
import { aScope } from '../support/builders/entries.ts';
import { aNode } from '../support/nodes.ts';

const SCHEDULE = 'alert:schedule';

function world() {
  const kept = new Map<string, Miss>();
  const misses: Misses = {
    all: async () => new Map(kept),
    async set(nodes) {
      for (const [node, miss] of nodes)
        if (miss === undefined) kept.delete(node);
        else kept.set(node, miss);
    },
  };
  const nodes = [aNode('hub', { coordinator: true }), aNode('nebius-1'), aNode('vast-1', { ephemeral: true })];
  const scope = aScope({ nodes: nodes.map(({ name }) => name), checks: ['reachable', 'model-digest'] });
  const look = async (openedBy: string | undefined, silent: readonly string[], checks = scope.checks) => {
    const unknown = silent.map((node) => ({
      node,
      check: 'reachable',
      reason: 'timeout' as const,
      detail: 'no answer',
    }));
    const report = { findings: [], unknown, notes: [] };
    const told = await countMisses(
      { misses, enough: 3, now: () => new Date('2026-03-01T12:00:00Z') },
      { openedBy, scope: { ...scope, checks }, nodes, report },
    );
    expect(told.unknown).toEqual(unknown);
    return told.findings.map(({ code, node }) => `${node} ${code}`);
  };
  return { look, kept };
}

describe('looks that nobody waits for', () => {
  it('tell of a node that was missed three times in a row, and of none that comes and goes', async () => {
    const { look, kept } = world();
    const silent = ['nebius-1', 'vast-1'];
    expect(await look(SCHEDULE, silent)).toEqual([]);
    expect(await look(SCHEDULE, silent)).toEqual([]);
    expect(await look(SCHEDULE, silent)).toEqual(['nebius-1 node_unreachable']);
    expect(await look(SCHEDULE, [...silent, 'hub'])).toEqual(['nebius-1 node_unreachable']);
    expect(kept.get('vast-1')?.times).toBe(4);
    await look(SCHEDULE, ['hub']);
    expect(await look(SCHEDULE, ['hub'])).toEqual(['hub coordinator_down']);
    expect([...kept.keys()]).toEqual(['hub']);
  });

  it('of an alert tell what the schedule has counted and count nothing themselves', async () => {
    const { look, kept } = world();
    for (let round = 0; round < 5; round += 1) expect(await look('alert:router', ['nebius-1'])).toEqual([]);
    expect(kept.size).toBe(0);
    for (let round = 0; round < 3; round += 1) await look(SCHEDULE, ['nebius-1']);
    expect(await look('alert:router', ['nebius-1'])).toEqual(['nebius-1 node_unreachable']);
    expect(await look('alert:router', [])).toEqual([]);
  });

  it('of a person find an unreachable node unknown, as ever', async () => {
    const { look } = world();
    for (let round = 0; round < 3; round += 1) await look(SCHEDULE, ['nebius-1']);
    expect(await look('cli:alice', ['nebius-1'])).toEqual([]);
    expect(await look(undefined, ['nebius-1'])).toEqual([]);
  });

  it('that do not ask whether nodes answer count nothing', async () => {
    const { look, kept } = world();
    await look(SCHEDULE, ['nebius-1'], ['daemon-health']);
    expect(kept.size).toBe(0);
  });
});
