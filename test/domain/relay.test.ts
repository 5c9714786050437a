import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Node } from '../../src/domain/node.ts';
import { batchesOf, hashPlan, type RelayLink } from '../../src/domain/plan.ts';
import { planInFull, planLines } from '../../src/domain/plan-lines.ts';
import { secondsToRun } from '../../src/domain/policy.ts';
import { aheadOf, busiestBytes, isLinked, pathsIn, relayLinks } from '../../src/domain/relay.ts';
import { aPlan, aTarget, aTransfer, nodeNames } from '../support/builders/plans.ts';
import { aNode } from '../support/nodes.ts';

const rules = { from: 3, perSource: 2, perProvider: 16 };
const at = (name: string, host: string, but: Partial<Node> = {}): Node =>
  aNode(name, { addresses: [{ host, port: 22 }], ...but });
const source = at('mac-studio', '100.64.0.1', { coordinator: true });
const sendTo = (name: string) => aTarget(name, { steps: [aTransfer()] });
const links = (nodes: readonly Node[], over: Partial<Parameters<typeof relayLinks>[0]> = {}): string[] =>
  relayLinks({
    targets: nodes.map(({ name }) => sendTo(name)),
    params: {},
    nodes: [source, ...nodes],
    rules,
    ...over,
  }).map(({ from, to, by }) => `${from} ${to} ${by}`);
const byName = { transports: ['relay'] };

describe('the tree of a plan', () => {
  it('lets the source send once and every node to as many as it may', () => {
    const nodes = nodeNames(6).map((name) => at(name, '100.64.0.9'));
    expect(links(nodes)).toEqual([
      'mac-studio vast-1 network',
      'vast-1 vast-2 network',
      'vast-1 vast-3 network',
      'vast-2 vast-4 network',
      'vast-2 vast-5 network',
      'vast-3 vast-6 network',
    ]);
    expect(links(nodes.slice(0, 3), { rules: { ...rules, perSource: 1 } })).toEqual([
      'mac-studio vast-1 network',
      'vast-1 vast-2 network',
      'vast-2 vast-3 network',
    ]);
  });

  it('stays within a provider where it can', () => {
    const nodes = ['vast-1', 'runpod-1', 'vast-2', 'runpod-2'].map((name) => at(name, '100.64.0.9'));
    expect(links(nodes).slice(2)).toEqual(['vast-1 vast-2 network', 'runpod-1 runpod-2 network']);
  });

  it('is not made for few nodes unasked, nor where another way was named, and always where it was', () => {
    const nodes = nodeNames(2).map((name) => at(name, '100.64.0.9'));
    expect(links(nodes)).toEqual([]);
    expect(links(nodes, { params: byName })).toHaveLength(2);
    const many = nodeNames(5).map((name) => at(name, '100.64.0.9'));
    expect(links(many, { params: { transports: ['stream'] } })).toEqual([]);
    expect(links(many, { rules: { ...rules, from: 0 } })).toEqual([]);
  });

  it('leaves out who is not trusted, and everybody where the source is not', () => {
    const nodes = nodeNames(4).map((name) => at(name, '100.64.0.9', name === 'vast-2' ? { untrusted: true } : {}));
    expect(links(nodes).join()).not.toContain('vast-2');
    expect(links(nodes)).toHaveLength(3);
    const apart = { ...source, untrusted: true as const };
    expect(links(nodes, { nodes: [apart, ...nodes], params: byName })).toEqual([]);
  });

  it('joins two networks at the source, and what has no private address by the worker when asked', () => {
    const lan = nodeNames(4).map((name) => at(name, '10.0.0.4'));
    expect(links(lan)).toEqual([]);
    expect(links([at('a-1', '100.64.0.2'), at('b-1', '198.51.100.7')], { params: byName })).toEqual([
      'mac-studio a-1 network',
      'a-1 b-1 worker',
    ]);
    const beside = { ...source, local: true };
    expect(links(lan.slice(0, 2), { nodes: [beside, ...lan], params: byName })).toEqual([
      'mac-studio vast-1 worker',
      'vast-1 vast-2 network',
    ]);
  });

  it('knows which addresses strangers do not reach', () => {
    const near = ['100.64.0.9', '100.127.255.1', 'fd7a:115c:a1e0::9'];
    for (const host of near) expect(isLinked(source, at('n-1', host)), host).toBe(true);
    for (const host of [
      '100.128.0.1',
      '100.63.0.1',
      '10.1.1.1',
      '203.0.113.9',
      'vast.example',
      '127.0.0.1',
      '2001:db8::1',
    ])
      expect(isLinked(source, at('n-1', host)), host).toBe(false);
  });

  it('reaches every node once, from the source, whatever the fleet', () => {
    const fleet = fc.array(
      fc.record({
        provider: fc.constantFrom('a', 'b', 'c'),
        host: fc.constantFrom('100.64.0.9', '10.0.0.9', '192.0.2.9'),
      }),
      { minLength: 1, maxLength: 60 },
    );
    fc.assert(
      fc.property(fleet, fc.integer({ min: 1, max: 5 }), (hosts, perSource) => {
        const nodes = hosts.map(({ provider, host }, index) => at(`${provider}-${index}`, host));
        const targets = nodes.map(({ name }) => sendTo(name));
        const tree = relayLinks({ targets, params: byName, nodes: [source, ...nodes], rules: { ...rules, perSource } });
        expect(tree.map(({ to }) => to)).toEqual(nodes.map(({ name }) => name));
        for (const { to } of tree) expect(pathsIn(tree)(to).at(-1)).toBe('mac-studio');
        for (const { name } of nodes)
          expect(tree.filter(({ from }) => from === name).length).toBeLessThanOrEqual(perSource);
      }),
    );
  });
});

describe('what flows ahead of its turn', () => {
  const linked = (...words: string[]): RelayLink[] =>
    words.map((word) => {
      const [from = '', to = '', by] = word.split(' ');
      return { from, to, by: by === 'worker' ? 'worker' : 'network' };
    });
  const ahead = (relay: RelayLink[] | undefined, batches: (number | '25%' | '100%')[], count = 5): string[][] => {
    const plan = aPlan([], {
      targets: nodeNames(count).map(sendTo),
      batches,
      ...(relay === undefined ? {} : { relay }),
    });
    return aheadOf(plan).map((targets) => targets.map(({ node }) => node));
  };
  const chain = linked('s vast-1', 'vast-1 vast-2', 'vast-2 vast-3', 'vast-3 vast-4', 'vast-4 vast-5');

  it.each<[string, string[][], string[][]]>([
    [
      'a chain, behind the first node',
      ahead(chain, [1, '25%', '100%']),
      [['vast-2', 'vast-3', 'vast-4', 'vast-5'], [], []],
    ],
    ['nobody without a tree', ahead(undefined, [1, '100%']), [[], []]],
    ['nobody in one batch', ahead(chain, ['100%']), [[]]],
    [
      'whoever takes from the source waits, and those behind it until its turn',
      ahead(linked('s vast-1', 's vast-2', 'vast-2 vast-3', 'vast-1 vast-4', 'vast-3 vast-5'), [1, 1, '100%']),
      [['vast-4'], ['vast-3', 'vast-5'], []],
    ],
    [
      'whoever the worker joins waits, and those behind it',
      ahead(linked('s vast-1', 'vast-1 vast-2 worker', 'vast-2 vast-3', 'vast-1 vast-4'), [1, 1, '100%']),
      [['vast-4'], ['vast-3'], []],
    ],
  ])('%s', (_, shown, wanted) => {
    expect(shown).toEqual(wanted);
  });

  it('does not take the source for a node that has begun, though the plan begins with it', () => {
    const targets = ['s', 'vast-1', 'vast-2'].map(sendTo);
    const plan = aPlan([], { targets, batches: [1, '100%'], relay: linked('s vast-1', 's vast-2') });
    expect(aheadOf(plan)).toEqual([[], []]);
  });

  it('is never in its own batch, never of the source, and never before the node that it takes from', () => {
    const size = fc.constantFrom<number | string>(1, 2, 3, '25%', '50%', '100%');
    const fleet = fc.array(fc.constantFrom('100.64.0.9', '10.0.0.9', '192.0.2.9'), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(
        fleet,
        fc.array(size, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 4 }),
        (hosts, batches, perSource) => {
          const nodes = hosts.map((host, index) => at(`n-${index}`, host));
          const targets = nodes.map(({ name }) => sendTo(name));
          const relay = relayLinks({
            targets,
            params: byName,
            nodes: [source, ...nodes],
            rules: { ...rules, perSource },
          });
          const plan = aPlan([], { targets, batches, relay });
          const turn = new Map(
            batchesOf(plan).flatMap((batch, index) => batch.map(({ node }) => [node, index] as const)),
          );
          const begins = new Map(turn);
          for (const [index, early] of aheadOf(plan).entries()) for (const { node } of early) begins.set(node, index);
          expect(aheadOf(plan).flat()).toHaveLength(new Set(aheadOf(plan).flat()).size);
          for (const { from, to, by } of relay) {
            const [first = -1, own = -1] = [begins.get(to), turn.get(to)];
            if (from === 'mac-studio' || by === 'worker') expect(first).toBe(own);
            else expect(first).toBe(Math.min(own, begins.get(from) ?? -1));
          }
        },
      ),
    );
  });
});

describe('a plan that relays', () => {
  const relay: RelayLink[] = [
    { from: 'mac-studio', to: 'vast-1', by: 'network' },
    { from: 'vast-1', to: 'vast-2', by: 'network' },
    { from: 'vast-1', to: 'vast-3', by: 'worker' },
  ];
  const plain = aPlan([], { targets: nodeNames(3).map(sendTo) });
  const plan = { ...plain, relay };

  it('shows who sends what to whom, and the hash covers it', () => {
    const shown = [
      '  bytes flow ahead to 1 node under a temporary name; each is placed only at its turn',
      '  relay mac-studio -> vast-1 40 MB',
      '  relay vast-1 -> vast-2 40 MB, vast-3 40 MB through the worker',
    ];
    expect(planLines(plan)).toEqual(expect.arrayContaining(shown));
    expect(planInFull(plan).filter((line) => /^ {2}(?:relay|bytes)/.test(line))).toEqual(shown);
    expect(planLines(plain).join()).not.toContain('relay');
    expect(hashPlan(plan)).not.toBe(hashPlan(plain));
  });

  it('takes as long as its busiest sender', () => {
    expect(busiestBytes(plain)).toBe(120_000_000);
    expect(busiestBytes(plan)).toBe(80_000_000);
    expect(secondsToRun(plan)).toBeLessThan(secondsToRun(plain));
  });
});

it('a path ends where links lead in a circle', () => {
  const circle: RelayLink[] = [
    { from: 'a', to: 'b', by: 'network' },
    { from: 'b', to: 'a', by: 'network' },
  ];
  expect(pathsIn(circle)('a').length).toBeLessThanOrEqual(2);
  expect(pathsIn(circle)('c')).toEqual([]);
});
