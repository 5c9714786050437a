import { expect, it } from 'vitest';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';
import { MALLORY } from '../support/builders/plans.ts';

it('locks lists what nobody may change, for everybody', async () => {
  const world = createCommandWorld();
  expect(textOf(await world.say('locks', MALLORY))).toBe('Nothing is locked.');
  await world.say('lock vast-1 a new disk');
  await world.say('lock hex8_3p');
  await world.say('readonly on network work');
  const reply = await world.say('locks', MALLORY);
  const [first, second, third] = textOf(reply).split('\n');
  expect(first).toMatch(/^medic is read-only since .*: network work/);
  expect(second).toMatch(/^vast-1 is locked by .*: a new disk \(l-/);
  expect(third).toMatch(/^hex8_3p is locked by /);
  expect(reply).toMatchObject({ json: { locks: [{ nodes: ['vast-1'] }, { models: ['hex8_3p'] }] } });
  expect(await world.say('locks now')).toMatchObject({ refusal: { code: 'usage' } });
});
