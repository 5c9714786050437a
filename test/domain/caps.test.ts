import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { capRefusal, isCapped } from '../../src/domain/caps.ts';
import { NOON, nodeNames } from '../support/builders/plans.ts';

const nowMs = Date.parse(NOON);
const caps = { perNodeHour: 3, perClusterHour: 5 };
const ask = (nodes: readonly string[], ...minutesAgo: readonly [string, number][]) =>
  capRefusal(
    nodes,
    minutesAgo.map(([node, minutes]) => ({ node, atMs: nowMs - minutes * 60_000 })),
    caps,
    { nowMs, whose: 'medic.yaml' },
  );

describe('caps', () => {
  it('let through what fits, and count the last hour alone', () => {
    expect(ask(['a'], ['a', 1], ['a', 2])).toBeUndefined();
    expect(ask(['a'], ['a', 1], ['a', 2], ['a', 60], ['a', 200])).toBeUndefined();
  });

  it('refuse a node that was changed as often as it may be, and say when there is room again', () => {
    expect(ask(['b', 'a'], ['a', 10], ['a', 30], ['a', 50])).toEqual({
      code: 'cap_reached',
      text: 'a was changed 3 times within the last hour; medic.yaml allows 3. There is room again at 2026-03-01 12:10 UTC. Nothing more was run.',
    });
  });

  it('refuse all nodes together, and say when all of them fit', () => {
    const text = ask(['a', 'b'], ['c', 5], ['d', 10], ['e', 20], ['f', 40])?.text;
    expect(text).toContain('The cluster was changed 4 times within the last hour, and this would change 2 nodes');
    // One of the four has to be an hour old before two more fit.
    expect(text).toContain('room again at 2026-03-01 12:20 UTC');
  });

  it('tell a plan that never fits to ask for less', () => {
    expect(ask(nodeNames(6))?.text).toContain('Ask for fewer nodes at once');
  });

  it('leave out a new node’s first fill alone', () => {
    expect([isCapped({ repair: 'fill-node' }), isCapped({ repair: 'resync-model' })]).toEqual([false, true]);
  });

  it('never let more than the caps through within any hour, whoever asks and when', () => {
    const wish = fc.record({
      nodes: fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 }),
      afterMs: fc.integer({ min: 0, max: 1_800_000 }),
    });
    fc.assert(
      fc.property(fc.array(wish, { maxLength: 30 }), (wishes) => {
        const made: { node: string; atMs: number }[] = [];
        let at = nowMs;
        for (const { nodes, afterMs } of wishes) {
          at += afterMs;
          if (capRefusal(nodes, made, caps, { nowMs: at, whose: 'x' }) !== undefined) continue;
          for (const node of nodes) made.push({ node, atMs: at });
          const hour = made.filter(({ atMs }) => atMs > at - 3_600_000);
          expect(hour.length).toBeLessThanOrEqual(caps.perClusterHour);
          for (const node of nodes)
            expect(hour.filter((one) => one.node === node).length).toBeLessThanOrEqual(caps.perNodeHour);
        }
      }),
    );
  });
});
