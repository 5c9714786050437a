import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Deed } from '../../src/domain/deed.ts';
import type { Risk } from '../../src/domain/plan.ts';
import {
  ApprovalRules,
  approversNeeded,
  commandsFor,
  deedRefusal,
  forbidden,
  mayDo,
  type Right,
  secondsToRun,
} from '../../src/domain/policy.ts';
import { ALICE, aPlan, aPolicy, aTarget, aTransfer, BOB, MALLORY, nodeNames } from '../support/builders/plans.ts';

describe('approversNeeded', () => {
  it.each<[Risk, number, number]>([
    ['reversible', 1, 0],
    ['reversible', 3, 0],
    ['reversible', 4, 1],
    ['restores-weights', 3, 0],
    ['restores-weights', 4, 1],
    ['disruptive', 1, 1],
    ['disruptive', 40, 1],
    ['replaces-weights', 1, 2],
    ['replaces-weights', 40, 2],
  ])('%s on %i nodes needs %i by default', (risk, nodes, needed) => {
    expect(approversNeeded(aPlan(nodeNames(nodes), { risk }), ApprovalRules.parse({}))).toBe(needed);
  });

  it.each<[Partial<ApprovalRules>, Risk, number, number]>([
    [{ few: 0 }, 'reversible', 1, 1],
    [{ few: 10 }, 'reversible', 10, 0],
    [{ reversibleFew: 2 }, 'reversible', 1, 2],
    [{ restore: 3 }, 'restores-weights', 4, 3],
    [{ replace: 1 }, 'replaces-weights', 1, 1],
    [{ reversibleMany: 0 }, 'disruptive', 1, 1],
  ])('with %j, %s on %i nodes needs %i', (rules, risk, nodes, needed) => {
    expect(approversNeeded(aPlan(nodeNames(nodes), { risk }), ApprovalRules.parse(rules))).toBe(needed);
  });
});

describe('mayDo', () => {
  it.each<[string, Right, boolean]>([
    [MALLORY, 'look', true],
    [MALLORY, 'operate', false],
    [MALLORY, 'approve', false],
    [ALICE, 'operate', true],
    [ALICE, 'approve', false],
    [BOB, 'operate', true],
    [BOB, 'approve', true],
    ['T0OTHER/U0BOB', 'approve', false],
    ['cli:bob', 'approve', false],
  ])('%s may %s: %s', (person, right, expected) => expect(mayDo(aPolicy(), person, right)).toBe(expected));
});

describe('what nobody may, a channel allows and a rule gives', () => {
  const EVE = 'T0TEAM/U0EVE';
  const policy = aPolicy({
    viewers: ['T0TEAM/U0DAN'],
    grants: [
      { people: [EVE], right: 'operate', bounds: { commands: new Set(['check', 'fix']), nodes: new Set(['vast-1']) } },
      { people: ['T0TEAM/U0FAY'], right: 'approve', bounds: { risks: new Set(['reversible'] as const) } },
    ],
    never: [{ bounds: { models: new Set(['square8_2p']) }, because: 'it is being trained' }],
    channels: new Map([['C0GPU', { risks: new Set(['reversible'] as const), commands: new Set(['check', 'fix']) }]]),
  });

  it.each<[string, Right, Deed, boolean]>([
    [EVE, 'operate', { command: 'fix' }, true],
    [EVE, 'operate', { command: 'pin' }, false],
    [EVE, 'operate', { nodes: ['vast-1'] }, true],
    [EVE, 'operate', { nodes: ['vast-1', 'vast-2'] }, false],
    [EVE, 'approve', { nodes: ['vast-1'] }, false],
    ['T0TEAM/U0FAY', 'approve', { risk: 'reversible' }, true],
    ['T0TEAM/U0FAY', 'operate', { risk: 'reversible' }, true],
    ['T0TEAM/U0FAY', 'approve', { risk: 'replaces-weights' }, false],
    ['T0TEAM/U0DAN', 'look', {}, true],
    [MALLORY, 'look', {}, false],
    [BOB, 'approve', { models: ['square8_2p', 'hex8_2p'] }, false],
    [BOB, 'approve', { models: ['hex8_2p'] }, true],
    [BOB, 'approve', { risk: 'replaces-weights', channel: 'C0GPU' }, false],
    [BOB, 'approve', { risk: 'replaces-weights', channel: 'C0OPS' }, true],
    [BOB, 'look', { command: 'history', channel: 'C0GPU' }, false],
  ])('%s may %s %j: %s', (person, right, deed, expected) => expect(mayDo(policy, person, right, deed)).toBe(expected));

  it.each<[string, Deed, RegExp]>([
    ['forbidden', { models: ['square8_2p'] }, /forbids this to everybody: it is being trained/],
    ['forbidden', { command: 'pin', channel: 'C0GPU' }, /only check, fix can be run; only plans that are reversible/],
    ['denied', { nodes: ['vast-2'] }, /You may not fix that; these may: .*U0ALICE/],
  ])('a refusal is %s and says what would be right', (code, deed, text) => {
    const refusal = deedRefusal(policy, { person: EVE, right: 'operate', deed, what: 'fix that' });
    expect(refusal?.code).toBe(code);
    expect(refusal?.text).toMatch(text);
  });

  it('no grant, list or group gives what is forbidden', () => {
    const deeds = fc.record({
      models: fc.subarray(['hex8_2p', 'square8_2p'], { minLength: 1 }),
      nodes: fc.subarray(nodeNames(3)),
    });
    fc.assert(
      fc.property(
        deeds,
        fc.constantFrom(ALICE, BOB, EVE),
        fc.constantFrom<Right>('operate', 'approve'),
        (deed, person, right) => {
          expect(forbidden(policy, deed) === undefined || !mayDo(policy, person, right, deed)).toBe(true);
        },
      ),
    );
  });

  it('lists in help only what may be typed there, and help itself always', () => {
    const some = [
      { name: 'help', right: 'look' },
      { name: 'check', right: 'look' },
      { name: 'pin', right: 'operate' },
    ] as const;
    const names = (person: string, channel?: string) =>
      commandsFor(some, { policy, person, channel }).map(({ name }) => name);
    expect(names(BOB)).toEqual(['help', 'check', 'pin']);
    expect(names(BOB, 'C0GPU')).toEqual(['help', 'check']);
    expect(names(MALLORY)).toEqual(['help']);
  });
});

it('secondsToRun grows with the nodes and with the bytes', () => {
  expect(secondsToRun(aPlan())).toBe(1);
  expect(secondsToRun(aPlan(nodeNames(10)))).toBe(6);
  expect(
    secondsToRun(aPlan([], { targets: [aTarget('vast-1', { steps: [aTransfer({ bytes: 108_000_000 })] })] })),
  ).toBe(9);
});
