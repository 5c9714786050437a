import { expect, it } from 'vitest';
import { hashPlan } from '../../src/domain/plan.ts';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';
import { opened, planned } from '../support/builders/entries.ts';
import { aPlan, MALLORY } from '../support/builders/plans.ts';

it('plan shows to anybody what will run and the way back, with the whole plan as JSON', async () => {
  const world = createCommandWorld();
  const plan = aPlan(['vast-1', 'vast-2']);
  const hash = hashPlan(plan);
  await world.happened('i-00000001', opened(), planned(plan));
  const reply = await world.say(`plan ${hash.slice(0, 8)}`, MALLORY);
  expect(textOf(reply)).toContain('runs  set-alias');
  expect(textOf(reply)).toContain('undo  unset-alias');
  expect(reply).toMatchObject({ kind: 'said', exit: 0, json: { plans: [{ ...plan, hash }], incident: 'i-00000001' } });
});

it.each([
  ['plan', 'usage'],
  ['plan 7c1d93ab extra', 'usage'],
  ['plan 00000000', 'plan_unknown'],
])('%s is refused as %s', async (words, code) => {
  expect(await createCommandWorld().say(words)).toMatchObject({ kind: 'refused', refusal: { code } });
});
