import { describe, expect, it } from 'vitest';
import {
  type Configured,
  type Setup,
  type Side,
  setupChange,
  setupOf,
  setupRefusal,
  setupWords,
} from '../../src/domain/setup.ts';
import { standingOf, standingRefusal } from '../../src/domain/standing.ts';
import { aDigest, aPlan, NOON } from '../support/builders/plans.ts';

const read = {
  inventory: aDigest('a'),
  models: [{ name: 'hex8_2p' }],
  coordinator: 'mac-studio',
  roles: { operators: ['cli:a'] },
  mode: 'act' as 'act' | 'observe',
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
    ['the mode', { mode: 'observe' }],
    ['roles and approvals', { roles: { operators: ['cli:a', 'cli:mallory'] } }],
  ])('lets nothing be changed while %s differ, and says so', (part, but) => {
    const refusal = setupRefusal(of(setup, setupOf({ ...read, ...but })));
    expect(refusal?.code).toBe('inventory_differs');
    expect(refusal?.text).toContain(`: ${part} differ.`);
    expect(setupChange({ setup }, { setup: setupOf({ ...read, ...but }) })).toEqual([
      expect.stringMatching(new RegExp(`^${part} \\(\\S+ => \\S+\\)$`)),
    ]);
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
    expect(same.setups.get('worker')).toEqual({ at: NOON, setup, before: { setup: other } });
  });
});

describe('what changed in it', () => {
  const model = (name: string) => ({ name, canonical: `canonical_${name}.pth`, alias: `ringrift_best_${name}.pth` });
  const roles = {
    viewers: undefined,
    operators: ['cli:a'],
    approvers: ['T0TEAM/U0BOB', 'T0TEAM/U0CAROL', 'T0TEAM/U0DAVE', 'cli:a'],
    never: [],
    channels: { C0OPS: { risks: ['reversible'] } },
    approvals: { few: 3 },
  };
  const before = {
    models: [model('hex8_2p'), model('hex8_3p')],
    coordinator: 'mac-studio',
    roles,
    mode: 'act' as const,
  };
  const changed = (but: object) => {
    const after = { ...before, ...but };
    const of = (one: typeof before) => ({
      setup: setupOf({ ...one, inventory: aDigest('a') }),
      words: setupWords(one),
    });
    return setupChange(of(before), of(after));
  };

  it.each<[string, object, string[]]>([
    ['the coordinator', { coordinator: 'hub' }, ['coordinator: mac-studio => hub']],
    [
      'the pattern of a model',
      { models: [model('hex8_2p'), { ...model('hex8_3p'), alias: 'best_hex8_3p.pth' }] },
      [
        'models hex8_3p: canonical canonical_hex8_3p.pth; alias ringrift_best_hex8_3p.pth => canonical canonical_hex8_3p.pth; alias best_hex8_3p.pth',
      ],
    ],
    [
      'a model that went',
      { models: [model('hex8_2p')] },
      ['models hex8_3p: canonical canonical_hex8_3p.pth; alias ringrift_best_hex8_3p.pth => none'],
    ],
    [
      'somebody who may operate now',
      { roles: { ...roles, operators: ['cli:a', 'cli:mallory'] } },
      ['roles operators: cli:a => cli:a, cli:mallory'],
    ],
    ['nobody who may', { roles: { ...roles, operators: [] } }, ['roles operators: cli:a => none']],
    [
      'one of many approvers, by who came and who went',
      { roles: { ...roles, approvers: ['T0TEAM/U0BOB', 'T0TEAM/U0CAROL', 'T0TEAM/U0EVE', 'cli:a'] } },
      ['roles approvers: + T0TEAM/U0EVE, - T0TEAM/U0DAVE'],
    ],
    [
      'a line that forbids, a channel and a rule',
      {
        roles: {
          ...roles,
          never: [{ nodes: 'vast-*', models: ['hex8_2p'], because: 'rented' }],
          channels: {},
          approvals: { few: 1 },
        },
      },
      [
        'roles channels C0OPS risks: reversible => none',
        'roles approvals few: 3 => 1',
        'roles never 1: none => nodes vast-*; models hex8_2p; because rented',
      ],
    ],
    ['nothing', {}, []],
  ])('names %s', (_, but, lines) => {
    expect(changed(but)).toEqual(lines);
  });

  it('has for every part that differs words, or its digests', () => {
    const other = setupOf({ ...before, inventory: aDigest('b') });
    const same = setupOf({ ...before, inventory: aDigest('a') });
    const words = setupWords(before);
    expect(setupChange({ setup: same, words }, { setup: other, words })).toEqual([
      expect.stringMatching(/^the inventory \(/),
    ]);
  });
});
