import { describe, expect, it } from 'vitest';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';
import { ALICE, BOB, MALLORY } from '../support/builders/plans.ts';

describe('readonly', () => {
  it('is switched on by whoever operates, once, and says so', async () => {
    const world = createCommandWorld();
    expect(textOf(await world.say('readonly'))).toContain('not read-only');
    expect(textOf(await world.say('readonly on network work'))).toContain('network work');
    expect(textOf(await world.say('readonly on again', BOB))).toContain('network work');
    expect((await world.context.orders.standing()).readonly).toMatchObject({ by: ALICE, reason: 'network work' });
  });

  it('is lifted by an approver with a reason only', async () => {
    const world = createCommandWorld();
    await world.say('readonly on');
    expect(await world.say('readonly off all is well')).toMatchObject({ refusal: { code: 'denied' } });
    expect(await world.say('readonly off', BOB)).toMatchObject({ refusal: { code: 'usage' } });
    expect((await world.context.orders.standing()).readonly).toBeDefined();
    await world.say('readonly off all is well', BOB);
    expect((await world.context.orders.standing()).readonly).toBeUndefined();
  });

  it.each([
    ['readonly maybe', ALICE, 'usage'],
    ['readonly on', MALLORY, 'denied'],
  ])('%s is refused as %s', async (words, who, code) => {
    expect(await createCommandWorld().say(words, who)).toMatchObject({ kind: 'refused', refusal: { code } });
  });
});
