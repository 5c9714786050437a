import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, digestOf, Sha256, shortDigest } from '../../src/domain/digest.ts';
import { batchesOf, bytesOf, hashPlan, type Plan, reversible } from '../../src/domain/plan.ts';
import { aPlan, aRunStep, aTarget, aTransfer, nodeNames } from '../support/builders/plans.ts';

describe('canonicalJson', () => {
  it('is the same text for the same data, whatever the order of the keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (record) => {
        const turned = Object.fromEntries(Object.entries(record).toReversed());
        expect(canonicalJson(turned)).toBe(canonicalJson(record));
        expect(digestOf(turned)).toBe(digestOf(record));
      }),
    );
  });

  it('is JSON of the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('leaves absent keys out and keeps null', () => {
    expect(canonicalJson({ b: undefined, a: null })).toBe('{"a":null}');
  });

  it.each([
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    [undefined],
    [() => 1],
    [1n],
    [Symbol('x')],
    [{ a: [undefined] }],
  ])('refuses %s, because it could not be signed', (value) =>
    expect(() => canonicalJson(value)).toThrow('not plain data'),
  );
});

describe('a digest', () => {
  it.each(['', 'A'.repeat(64), 'a'.repeat(63), 'a'.repeat(65), `${'a'.repeat(63)}g`, ` ${'a'.repeat(63)}`])(
    'is not %j',
    (text) => expect(Sha256.safeParse(text).success).toBe(false),
  );

  it('is shown by both its ends', () => expect(shortDigest(`3fa1${'0'.repeat(56)}c09e`)).toBe('3fa1…c09e'));
});

describe('hashPlan', () => {
  const plan = aPlan(['vast-1', 'vast-2']);

  it('is 64 hex digits and the same for a plan that went through JSON with its keys turned', () => {
    const turned: unknown = JSON.parse(JSON.stringify(plan), (_, value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).toReversed())
        : value,
    );
    expect(hashPlan(plan)).toMatch(/^[0-9a-f]{64}$/);
    // What comes back from JSON has the plan's shape; hashPlan itself judges it.
    expect(hashPlan(turned as Plan)).toBe(hashPlan(plan));
  });

  it.each<[string, Partial<Plan>]>([
    ['the cluster', { cluster: 'other' }],
    ['the repair', { repair: 'retire-alias' }],
    ['the summary', { summary: 'something else' }],
    ['the risk', { risk: 'disruptive' }],
    ['the source', { source: { hex8_2p: { node: 'mac-studio', digest: 'b'.repeat(64), bytes: 1 } } }],
    ['a node more', { targets: nodeNames(3).map((node) => aTarget(node)) }],
    ['a node less', { targets: [aTarget('vast-1')] }],
    ['the order of the nodes', { targets: [aTarget('vast-2'), aTarget('vast-1')] }],
    ['what a node had before', { targets: [aTarget('vast-1'), aTarget('vast-2', { before: {} })] }],
    [
      'an argument of a step',
      { targets: [aTarget('vast-1'), aTarget('vast-2', { steps: [aRunStep({ argv: ['set-alias', 'x'] })] })] },
    ],
    [
      'the way back',
      {
        targets: [
          aTarget('vast-1'),
          aTarget('vast-2', { steps: [aRunStep({ undo: { kind: 'none', because: 'x' } })] }),
        ],
      },
    ],
    ['a time limit', { targets: [aTarget('vast-1'), aTarget('vast-2', { steps: [aRunStep({ timeoutMs: 1_000 })] })] }],
    ['the batches', { batches: ['100%'] }],
    ['the failure budget', { failureBudget: 1 }],
    ['the judging check', { verify: ['model-digest'] }],
  ])('changes with %s', (_, but) => expect(hashPlan({ ...plan, ...but })).not.toBe(hashPlan(plan)));

  it('throws for what is no plan, so that it can never be signed', () => {
    expect(() => hashPlan({ ...plan, targets: [] })).toThrow();
    // A field that nobody has seen must not hide in a signed plan.
    expect(() => hashPlan({ ...plan, extra: true } as Plan)).toThrow();
    expect(() => hashPlan({ ...plan, summary: 'x'.repeat(201) })).toThrow();
  });
});

describe('batchesOf', () => {
  it.each<[Plan['batches'], number, number[]]>([
    [[1, '25%', '100%'], 8, [1, 2, 5]],
    [[1, '100%'], 1, [1]],
    [[1, '100%'], 4, [1, 3]],
    [[2], 5, [2, 2, 1]],
    [['1%'], 3, [1, 1, 1]],
    [['50%'], 5, [3, 2]],
    [[1, '25%', '100%'], 64, [1, 16, 47]],
  ])('%j of %i nodes are %j', (batches, count, sizes) => {
    const plan = aPlan(nodeNames(count), { batches });
    expect(batchesOf(plan).map((batch) => batch.length)).toEqual(sizes);
  });

  it('holds every node once, in the order of the plan, for any batches', () => {
    const size = fc.oneof(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 100 }).map((percent) => `${percent}%`),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.array(size, { minLength: 1, maxLength: 4 }), (count, batches) => {
        const plan = aPlan(nodeNames(count), { batches });
        expect(batchesOf(plan).flat()).toEqual(plan.targets);
      }),
    );
  });
});

describe('what a plan costs', () => {
  it('counts the bytes of transfers only', () => {
    const targets = [
      aTarget('vast-1', { steps: [aTransfer({ bytes: 5 }), aRunStep()] }),
      aTarget('vast-2', { steps: [aTransfer({ bytes: 7 })] }),
    ];
    expect(bytesOf(aPlan([], { targets }))).toBe(12);
    expect(bytesOf(aPlan())).toBe(0);
  });

  it('is reversible only when every step has a way back', () => {
    expect(reversible(aPlan())).toBe(true);
    const stuck = aRunStep({ undo: { kind: 'none', because: 'there is no going back' } });
    expect(
      reversible(aPlan([], { targets: [aTarget('vast-1'), aTarget('vast-2', { steps: [aRunStep(), stuck] })] })),
    ).toBe(false);
  });
});
