import { describe, expect, it } from 'vitest';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';
import { aPolicy } from '../support/builders/plans.ts';

describe('trust', () => {
  it('asks for a plan about one node, with the usual look around it', async () => {
    const world = createCommandWorld();
    expect(await world.say('trust vast-1')).toMatchObject({ kind: 'begun', until: 'planned' });
    expect(world.dispatched.plan[0]).toMatchObject({
      scope: { nodes: ['vast-1'], models: ['hex8_2p', 'hex8_3p'] },
      wish: { repair: 'trust-host', params: {} },
    });
  });

  it('carries the four characters that were typed, as they were typed', async () => {
    const world = createCommandWorld();
    await world.say('trust vast-2 C0+e');
    expect(world.dispatched.plan[0]?.wish).toEqual({ repair: 'trust-host', params: { typed: 'C0+e' } });
  });

  it.each([
    ['trust', 'takes one node'],
    ['trust vast-*', 'takes one node: each fingerprint'],
    ['trust vast-9', 'is no node'],
    ['trust vast-2 c09', 'is not the end of a fingerprint'],
    ['trust vast-2 SHA256:c09e', 'is not the end of a fingerprint'],
    ['trust vast-2 c09e now', 'takes one node'],
  ])('refuses "%s"', async (words, why) => {
    const world = createCommandWorld();
    expect(textOf(await world.say(words))).toContain(why);
    expect(world.dispatched.plan).toEqual([]);
  });

  it('plans nothing where medic only observes', async () => {
    const world = createCommandWorld(aPolicy({ mode: 'observe' }));
    expect(await world.say('trust vast-1')).toMatchObject({ refusal: { code: 'observe_only' } });
  });
});
