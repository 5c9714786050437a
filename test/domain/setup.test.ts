import { describe, expect, it } from 'vitest';
import { type Configured, type Setup, type Side, setupChange, setupOf, setupRefusal } from '../../src/domain/setup.ts';
import { standingOf, standingRefusal } from '../../src/domain/standing.ts';
import { aDigest, aPlan, NOON } from '../support/builders/plans.ts';

const read = {
  inventory: aDigest('a'),
  models: [{ name: 'hex8_2p' }],
  coordinator: 'mac-studio',
  roles: { operators: ['cli:a'] },
};
const setup = setupOf(read);
const of = (desk: Setup, worker: Setup): ReadonlyMap<Side, Configured> =>
  new Map([
    ['desk', { at: NOON, setup: desk }],
    ['worker', { at: NOON, setup: worker }],
  ]);

describe('what desk and worker have read', () => {
  it.each<[string, Partial<typeof read>]>([
    ['the inventory', { inventory: aDigest('b') }],
    ['the models', { models: [] }],
    ['the coordinator', { coordinator: 'other' }],
    ['roles and approvals', { roles: { operators: ['cli:a', 'cli:mallory'] } }],
  ])('lets nothing be changed while %s differ, and says so', (part, but) => {
    const refusal = setupRefusal(of(setup, setupOf({ ...read, ...but })));
    expect(refusal?.code).toBe('inventory_differs');
    expect(refusal?.text).toContain(`: ${part} differ.`);
    expect(setupChange(setup, setupOf({ ...read, ...but }))).toMatch(new RegExp(`^${part} \\(\\S+ => \\S+\\)$`));
  });

  it('is no matter while they are the same, or one of them has never said it', () => {
    expect(setupRefusal(of(setup, setupOf(read)))).toBeUndefined();
    expect(setupRefusal(new Map([['worker', { at: NOON, setup }]]))).toBeUndefined();
  });

  it('is what each said last, and decides about every plan', () => {
    const other = setupOf({ ...read, roles: {} });
    const at = { at: NOON, kind: 'configured' } as const;
    const differ = standingOf([
      { ...at, side: 'desk', setup },
      { ...at, side: 'worker', setup: other },
    ]);
    expect(standingRefusal(differ, aPlan())?.code).toBe('inventory_differs');
    const same = standingOf([
      { ...at, side: 'desk', setup },
      { ...at, side: 'worker', setup: other },
      { ...at, side: 'worker', setup },
    ]);
    expect(standingRefusal(same, aPlan())).toBeUndefined();
    expect(same.setups.get('worker')).toEqual({ at: NOON, setup, before: other });
  });
});
