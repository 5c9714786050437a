import { describe, expect, it } from 'vitest';
import type { Risk } from '../../src/domain/plan.ts';
import { ApprovalRules, approversNeeded, mayDo, type Right, secondsToRun } from '../../src/domain/policy.ts';
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

it('secondsToRun grows with the nodes and with the bytes', () => {
  expect(secondsToRun(aPlan())).toBe(1);
  expect(secondsToRun(aPlan(nodeNames(10)))).toBe(6);
  expect(
    secondsToRun(aPlan([], { targets: [aTarget('vast-1', { steps: [aTransfer({ bytes: 108_000_000 })] })] })),
  ).toBe(9);
});
