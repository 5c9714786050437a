import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldNames } from '../../src/domain/fold-names.ts';
import { resolveNodeSet } from '../../src/domain/node-set.ts';
import { aNode } from '../support/nodes.ts';

describe('foldNames', () => {
  it.each([
    [['vast-1', 'vast-2', 'vast-3', 'nebius-h100-1'], 'nebius-h100-1, vast-[1-3]'],
    [['vast-3', 'vast-1'], 'vast-[1,3]'],
    [['n01', 'n02', 'n10'], 'n[01-02,10]'],
    [['n09', 'n10', 'n11'], 'n[09-11]'],
    [['n9', 'n10', 'n11'], 'n[9-11]'],
    [['n1', 'n01'], 'n01, n1'],
    [['a1-gpu', 'a2-gpu', 'a2'], 'a2, a[1-2]-gpu'],
    [['mac-studio', 'mac-studio'], 'mac-studio'],
    [['n99999999999999999', 'n99999999999999998'], 'n99999999999999998, n99999999999999999'],
    [[], ''],
  ])('%j is %s', (names, text) => expect(foldNames(names)).toBe(text));

  it('means the same nodes when it is read as a node set, whatever the order', () => {
    const name = fc.oneof(
      fc.stringMatching(/^(n|vast-|a-b)(0{0,2})[0-9]{1,2}(-x|gb)?$/),
      fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,12}$/),
    );
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 40 }), fc.context(), (names, context) => {
        const nodes = [...names, 'other-node-of-the-fleet'].map((one) => aNode(one));
        const text = foldNames(names);
        context.log(text);
        const resolved = resolveNodeSet(text, nodes);
        expect(resolved.ok && resolved.nodes.map((node) => node.name).toSorted()).toEqual(names.toSorted());
        expect(foldNames(names.toReversed())).toBe(text);
      }),
    );
  });
});
