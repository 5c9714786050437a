import { expect, it } from 'vitest';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';
import { ALICE, aPolicy, BOB, MALLORY } from '../support/builders/plans.ts';

it.each([
  [MALLORY, 'a viewer', ['check'], ['fix', 'approve']],
  [ALICE, 'an operator', ['check', 'fix', 'approve'], []],
  [BOB, 'an approver', ['check', 'fix', 'approve'], []],
])('whoami tells %s that they are %s', async (who, role, may, mayNot) => {
  const reply = await createCommandWorld().say('whoami', who);
  expect(textOf(reply)).toContain(`You are ${who}, ${role}`);
  if (reply.kind !== 'said') throw new Error('no answer');
  const commands = reply.json?.['commands'];
  expect(commands).toEqual(expect.arrayContaining(may));
  for (const name of mayNot) expect(commands).not.toContain(name);
});

it('whoami says what else keeps things from being changed', async () => {
  const world = createCommandWorld(aPolicy({ mode: 'observe' }));
  await world.say('readonly on network work');
  const text = textOf(await world.say('whoami'));
  expect(text).toContain('only observes');
  expect(text).toContain('network work');
  expect(await world.say('whoami please')).toMatchObject({ refusal: { code: 'usage' } });
});
