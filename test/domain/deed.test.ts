import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bounds, type Deed, deedOf, isInside, isTouched } from '../../src/domain/deed.ts';
import type { Risk } from '../../src/domain/plan.ts';
import { aPlan, nodeNames } from '../support/builders/plans.ts';

const onVast: Bounds = { nodes: new Set(['vast-1', 'vast-2']) };

describe('bounds', () => {
  it.each<[string, Bounds, Deed, boolean, boolean]>([
    ['no bounds at all', {}, { nodes: ['n1'] }, true, true],
    ['all nodes inside', onVast, { nodes: ['vast-1'] }, true, true],
    ['one node outside', onVast, { nodes: ['vast-1', 'n1'] }, false, true],
    ['every node outside', onVast, { nodes: ['n1'] }, false, false],
    ['nodes not known yet', onVast, { command: 'fix' }, true, false],
    ['nodes that cannot be read', { nodes: 'unreadable' }, { nodes: ['n1'] }, false, true],
    ['another command', { commands: new Set(['fix']) }, { command: 'pin' }, false, false],
    ['a shell where a channel is named', { channels: new Set(['C0OPS']) }, {}, false, false],
    ['that channel', { channels: new Set(['C0OPS']) }, { channel: 'C0OPS' }, true, true],
    ['another risk', { risks: new Set(['reversible'] as const) }, { risk: 'replaces-weights' }, false, false],
    ['another model', { models: new Set(['hex8_2p']) }, { models: ['hex8_3p'] }, false, false],
    ['one model of two', { models: new Set(['hex8_2p']) }, { models: ['hex8_2p', 'hex8_3p'] }, false, true],
  ])('%s: inside and touched as it should be', (_, bounds, deed, inside, touched) => {
    expect([isInside(bounds, deed), isTouched(bounds, deed)]).toEqual([inside, touched]);
  });

  it('never lets more be done when a bound is added, nor less be forbidden by a wider one', () => {
    const names = fc.subarray(['vast-1', 'vast-2', 'n1', 'n2'], { minLength: 1 });
    const risk = fc.constantFrom<Risk>('reversible', 'replaces-weights');
    const bounds = fc.record(
      { nodes: names, risks: fc.subarray<Risk>(['reversible', 'replaces-weights']) },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(bounds, fc.record({ nodes: names, risk }), ({ nodes, risks }, deed) => {
        const some: Bounds = nodes === undefined ? {} : { nodes: new Set(nodes) };
        const more: Bounds = { ...some, ...(risks === undefined ? {} : { risks: new Set(risks) }) };
        expect(!isInside(more, deed) || isInside(some, deed)).toBe(true);
        expect(!isTouched(more, deed) || isTouched(some, deed)).toBe(true);
        // What lies inside as a whole is touched as well.
        expect(!isInside(more, deed) || isTouched(more, deed)).toBe(true);
      }),
    );
  });
});

it('a plan is judged by its risk, all its models and all its nodes', () => {
  expect(deedOf(aPlan(nodeNames(2)), 'C0OPS')).toEqual({
    risk: 'reversible',
    models: ['hex8_2p'],
    nodes: ['vast-1', 'vast-2'],
    channel: 'C0OPS',
  });
  expect(deedOf(aPlan(), undefined)).not.toHaveProperty('channel');
});
