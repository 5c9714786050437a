import { describe, expect, it } from 'vitest';
import { besideLines, besideOf, isIdle } from '../../src/domain/beside.ts';
import { plainSpelling } from '../../src/domain/plan-since.ts';
import { aPlan, aTarget, aTransfer, nodeNames } from '../support/builders/plans.ts';
import { aNode } from '../support/nodes.ts';

const nodes = [
  aNode('hub', { coordinator: true, noTargetBecause: 'it is the source' }),
  ...nodeNames(6).map((name) => aNode(name, { provider: 'vast' })),
  aNode('runpod-1', { provider: 'runpod' }),
];
const sending = aPlan([], {
  targets: ['vast-1', 'vast-2', 'runpod-1'].map((node) =>
    aTarget(node, { steps: [aTransfer({ bytes: 100_000_000 })] }),
  ),
});
const files = { open: [{ node: 'vast-1', models: ['hex8_2p'], processes: 2 }], unsure: ['runpod-1'] };

describe('what is told beside a plan', () => {
  const beside = besideOf(sending, files, { nodes, nodeMbit: { vast: 200 } });

  it('says how far it reaches, and bytes and time of each link', () => {
    expect(beside).toMatchObject({
      of: 7,
      links: [
        { provider: 'vast', nodes: 2, bytes: 100_000_000, mbit: 200, assumed: false, seconds: 5 },
        { provider: 'runpod', nodes: 1, bytes: 100_000_000, mbit: 100, assumed: true, seconds: 9 },
      ],
    });
    // One node, then the two others at once: the slower one of those counts.
    expect(beside.seconds).toBe(13);
    expect(besideLines(sending, beside, plainSpelling)[0]).toBe(
      'reaches 3 of 7 nodes · vast: up to 100 MB a node at 200 Mbit/s, 5 s · runpod: 100 MB a node at 100 Mbit/s (assumed), 9 s',
    );
  });

  it('says who has a file open that is replaced, and where nobody can tell', () => {
    expect(besideLines(sending, beside, plainSpelling).slice(1)).toEqual([
      '2 processes have hex8_2p open on vast-1; they keep the old file until restarted',
      'who has it open on runpod-1 could not be told',
    ]);
  });

  it('does not say of a link that a process keeps an old file', () => {
    const links = aPlan(['vast-1']);
    const [, open] = besideLines(
      links,
      besideOf(links, { ...files, unsure: [] }, { nodes, nodeMbit: {} }),
      plainSpelling,
    );
    expect(open).toBe('2 processes have hex8_2p open on vast-1');
  });

  it('calls a node idle only when that is known', () => {
    expect(['vast-1', 'vast-2', 'runpod-1'].map((node) => isIdle(node, files))).toEqual([false, true, false]);
  });
});
