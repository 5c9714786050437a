import { describe, expect, it } from 'vitest';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';

describe('revert', () => {
  it('asks for a plan with the digest, the person and the reason', async () => {
    const world = createCommandWorld();
    expect(await world.say('revert hex8_2p to ab12cd34 it lost')).toMatchObject({ kind: 'begun', until: 'planned' });
    expect(world.dispatched.plan[0]).toMatchObject({
      scope: { models: ['hex8_2p'] },
      wish: { repair: 'pin', params: { to: 'ab12cd34', reason: 'it lost', everywhere: true } },
    });
  });

  it.each([
    ['revert', 'needs a model'],
    ['revert nonsense to ab12cd34', 'is no model'],
    ['revert hex8_2p to ab12', 'at least eight'],
    ['revert hex8_2p to not-a-digest', 'is no digest'],
  ])('refuses "%s"', async (words, why) => {
    const world = createCommandWorld();
    expect(textOf(await world.say(words))).toContain(why);
    expect(world.dispatched.plan).toEqual([]);
  });

  it('goes back to the one before when nothing is named', async () => {
    const world = createCommandWorld();
    await world.say('revert hex8_2p');
    await world.say('revert hex8_2p it loses');
    expect(world.dispatched.plan.map(({ wish }) => wish?.params)).toMatchObject([
      { to: 'previous' },
      { to: 'previous', reason: 'it loses' },
    ]);
  });
});
