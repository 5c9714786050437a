import { describe, expect, it } from 'vitest';
import type { EventOf } from '../../src/domain/entry.ts';
import { cellOf, differsLine, matrixLines } from '../../src/domain/matrix.ts';
import { aFinding, aScope } from '../support/builders/entries.ts';

const models = ['hex8_2p', 'square19_4p'];
const nodes = ['vast-1', 'vast-2', 'vast-3', 'hub'];
const look: Pick<EventOf<'checked'>, 'scope' | 'report'> = {
  scope: aScope({ models, nodes }),
  report: {
    findings: [aFinding('vast-1'), aFinding('vast-2')],
    unknown: [{ node: 'vast-3', check: 'reachable', reason: 'refused', detail: 'x' }],
    notes: [],
  },
};

describe('cellOf', () => {
  it.each([
    ['vast-1', 'hex8_2p', 'wrong'],
    ['vast-1', 'square19_4p', 'right'],
    ['vast-3', 'hex8_2p', 'unknown'],
    ['vast-3', 'square19_4p', 'unknown'],
    ['hub', 'hex8_2p', 'right'],
  ])('%s %s is %s', (node, model, cell) => expect(cellOf(look, node, model)).toBe(cell));

  it('takes a finding about the whole node for all its models, and wrong before unknown', () => {
    const { model: _, ...nodeWide } = aFinding('vast-3', { code: 'models_folder_missing' });
    const both = { ...look, report: { ...look.report, findings: [nodeWide] } };
    expect(cellOf(both, 'vast-3', 'square19_4p')).toBe('wrong');
  });
});

it('matrixLines folds equal nodes and ends with the legend', () => {
  expect(matrixLines(look)).toEqual([
    '                hex8_2p  square19_4p',
    'vast-[1-2] (2)  ✗        ✓',
    'vast-3          ?        ?',
    'hub             ✓        ✓',
    '✓ right · ✗ wrong · ? unknown',
  ]);
});

describe('differsLine', () => {
  it('says what sets nodes apart from most of them', () => {
    const more = { ...look, scope: aScope({ models, nodes: [...nodes, 'hub-2', 'hub-3', 'hub-4'] }) };
    expect(differsLine(more)).toBe(
      '4 nodes are alike; different: vast-[1-2] in hex8_2p; vast-3 in hex8_2p and square19_4p',
    );
    expect(matrixLines(more).at(-2)).toBe(differsLine(more));
  });

  it('says nothing where all are alike, and where nobody is in the majority', () => {
    expect(differsLine({ ...look, report: { findings: [], unknown: [], notes: [] } })).toBeUndefined();
    expect(differsLine(look)).toBeUndefined();
  });
});
