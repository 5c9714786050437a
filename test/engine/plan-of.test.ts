import fc from 'fast-check';
import { expect, it } from 'vitest';
import { planOf } from '../../src/engine/plan-of.ts';
import { repairs } from '../../src/registry/jobs.ts';
import { aTarget, nodeNames } from '../support/builders/plans.ts';
import { aNode } from '../support/nodes.ts';

const nodes = [
  aNode('hub', { coordinator: true, gpu: null }),
  aNode('cpu-1', { gpu: null }),
  aNode('vast-1', { gpu: 'H100', ephemeral: true }),
  aNode('vast-2', { gpu: 'H100', ephemeral: true }),
  aNode('vast-3', { gpu: 'H100', ephemeral: false }),
];
const [repair] = repairs.filter(({ name }) => name === 'link-aliases');
const ordered = (names: readonly string[], busy: readonly string[] = [], unsure: readonly string[] = []): string[] => {
  if (repair === undefined) throw new Error('no such repair');
  const open = busy.map((node) => ({ node, models: ['hex8_2p'], processes: 1 }));
  const around = { nodes, files: { open, unsure: [...unsure] } };
  return planOf(
    { cluster: 'ringrift', relay: { from: 6, perSource: 2, perProvider: 16 } },
    repair,
    {},
    names.map((name) => aTarget(name)),
    around,
  ).targets.map(({ node }) => node);
};
const all = nodes.map(({ name }) => name);

it.each<[string, string[], string[], string[]]>([
  ['the cheapest node goes first, the source of models last', [], [], ['cpu-1', 'vast-1', 'vast-2', 'vast-3', 'hub']],
  ['a node in use is no canary', ['cpu-1'], [], ['vast-1', 'cpu-1', 'vast-2', 'vast-3', 'hub']],
  ['nor one of which nobody can tell', ['cpu-1'], ['vast-1'], ['vast-2', 'cpu-1', 'vast-1', 'vast-3', 'hub']],
  ['when all are in use the cheapest goes first', all, [], ['cpu-1', 'vast-1', 'vast-2', 'vast-3', 'hub']],
  [
    'the source of models only when nobody else is idle',
    all.slice(1),
    [],
    ['hub', 'cpu-1', 'vast-1', 'vast-2', 'vast-3'],
  ],
])('%s', (_, busy, unsure, order) => expect(ordered(all, busy, unsure)).toEqual(order));

it('is the same order whatever order the nodes were planned in', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(all, { minLength: all.length }), fc.subarray(all), (names, busy) => {
      expect(ordered(names, busy)).toEqual(ordered(all, busy));
    }),
  );
});

it('moves one node only when somebody begins to use it', () => {
  const [before, after] = [ordered(all), ordered(all, ['cpu-1'])];
  expect(after.filter((name) => name !== 'vast-1')).toEqual(before.filter((name) => name !== 'vast-1'));
  expect(nodeNames(1)).toEqual(['vast-1']);
});
