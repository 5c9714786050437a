import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { UnknownReason } from '../../src/domain/fault.ts';
import { goneLine, goneNodes, isFleeting, type Miss, missAfter, missFinding, silentIn } from '../../src/domain/miss.ts';
import type { Node } from '../../src/domain/node.ts';
import { aNode } from '../support/nodes.ts';

const at = (minute: number): string => new Date(Date.parse('2026-03-01T00:00:00.000Z') + minute * 60_000).toISOString();
const since = at(0);
const miss = (times: number, reason: UnknownReason = 'timeout'): Miss => ({ since, times, reason });

describe('a node that gives no answer', () => {
  it('is counted from its last answer on, however long it was silent before', () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.constantFrom('timeout', 'refused', 'dns' as const), { nil: undefined })),
        (looks) => {
          let now: Miss | undefined;
          for (const [index, reason] of looks.entries()) now = missAfter(now, reason, at(index));
          const lastAnswer = looks.findLastIndex((reason) => reason === undefined);
          const times = looks.length - 1 - lastAnswer;
          if (times === 0) expect(now).toBeUndefined();
          else expect(now).toEqual({ since: at(lastAnswer + 1), times, reason: looks.at(-1) });
        },
      ),
    );
  });

  it('is silent where nobody gets in, not where it answers something that cannot be read', () => {
    const unknown = (node: string, reason: UnknownReason, check = 'reachable') => ({ node, check, reason, detail: '' });
    const silent = silentIn([
      unknown('a', 'timeout'),
      unknown('b', 'host_key_changed'),
      unknown('c', 'parse'),
      unknown('d', 'timeout', 'daemon-health'),
      { ...unknown('e', 'timeout'), model: 'hex8_2p' },
    ]);
    expect([...silent]).toEqual([
      ['a', 'timeout'],
      ['b', 'host_key_changed'],
    ]);
  });

  it.each<[string, Partial<Node>, Miss, string | undefined]>([
    ['two misses', {}, miss(2), undefined],
    ['three misses', {}, miss(3), 'node_unreachable does not answer since 2026-03-01 00:00 UTC (timeout)'],
    ['an ephemeral node', { ephemeral: true }, miss(30), undefined],
    ['a node whose note says that it is gone', { note: 'Instance terminated' }, miss(30), undefined],
    [
      'the coordinator',
      { coordinator: true },
      miss(3, 'refused'),
      'coordinator_down the source of models does not answer since 2026-03-01 00:00 UTC (refused)',
    ],
    [
      'an ephemeral coordinator',
      { coordinator: true, ephemeral: true },
      miss(3),
      'coordinator_down the source of models does not answer since 2026-03-01 00:00 UTC (timeout)',
    ],
  ])('tells of %s what is to be told', (_, but, missed, told) => {
    const found = missFinding(aNode('vast-1', but), missed, 3);
    expect(found === undefined ? undefined : `${found.code} ${found.title}`).toBe(told);
  });

  it('is one finding however long it lasts, and says what helps after a rebuild', () => {
    const node = aNode('vast-1');
    expect(missFinding(node, miss(9), 3)).toEqual(missFinding(node, miss(3), 3));
    expect(missFinding(node, miss(3, 'host_key_changed'), 3)?.evidence).toContain('after a rebuild: trust vast-1');
  });
});

describe('nodes that are probably gone', () => {
  it('are those that come and go and were missed long enough, the longest first', () => {
    const nodes = [
      aNode('vast-1', { ephemeral: true }),
      aNode('vast-2', { note: 'Instance terminated, see ticket' }),
      aNode('vast-3', { ephemeral: true }),
      aNode('nebius-1'),
      aNode('old-1', { ephemeral: true, active: false }),
      aNode('hub', { coordinator: true, ephemeral: true }),
    ];
    const misses = new Map(nodes.map(({ name }) => [name, miss(name === 'vast-3' ? 2 : 5)]));
    misses.set('vast-2', { since: at(-60), times: 9, reason: 'refused' });
    const gone = goneNodes(nodes, misses, 3);
    expect(gone.map(goneLine)).toEqual([
      'vast-2  no answer since 2026-02-28 23:00 UTC, 9 looks in a row (refused) · “Instance terminated, see ticket”',
      'vast-1  no answer since 2026-03-01 00:00 UTC, 5 looks in a row (timeout) · ephemeral',
    ]);
    expect(nodes.filter(isFleeting).map(({ name }) => name)).toEqual(['vast-1', 'vast-2', 'vast-3', 'old-1']);
  });
});
