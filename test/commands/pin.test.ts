import { describe, expect, it } from 'vitest';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';

describe('pin', () => {
  it('asks for a plan with the digest, the person and the reason', async () => {
    const world = createCommandWorld();
    expect(await world.say('pin hex8_2p ab12cd34 it lost')).toMatchObject({ kind: 'begun', until: 'planned' });
    expect(world.dispatched.plan[0]).toMatchObject({
      scope: { models: ['hex8_2p'] },
      wish: { repair: 'pin', params: { to: 'ab12cd34', reason: 'it lost', everywhere: false } },
    });
  });

  it.each([
    ['pin', 'needs a model'],
    ['pin nonsense ab12cd34', 'is no model'],
    ['pin hex8_2p ab12', 'at least eight'],
    ['pin hex8_2p not-a-digest', 'is no digest'],
  ])('refuses "%s"', async (words, why) => {
    const world = createCommandWorld();
    expect(textOf(await world.say(words))).toContain(why);
    expect(world.dispatched.plan).toEqual([]);
  });
});
