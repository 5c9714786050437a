import { describe, expect, it } from 'vitest';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';
import { ALICE, MALLORY } from '../support/builders/plans.ts';

describe('lock', () => {
  it('locks the nodes that a set means now, with the reason', async () => {
    const world = createCommandWorld();
    const reply = await world.say('lock vast-* a new disk is coming');
    expect(textOf(reply)).toMatch(
      /^vast-\[1-2\] are locked by T0TEAM\/U0ALICE since .* UTC: a new disk is coming \(l-[0-9a-f]{8}\)\.$/,
    );
    expect((await world.context.orders.standing()).locks).toMatchObject([
      { nodes: ['vast-1', 'vast-2'], models: [], by: ALICE, reason: 'a new disk is coming' },
    ]);
  });

  it('locks a model by any of its names', async () => {
    const world = createCommandWorld();
    await world.say('lock canonical_hex8_2p.pth');
    expect((await world.context.orders.standing()).locks).toMatchObject([
      { nodes: [], models: ['hex8_2p'], reason: '' },
    ]);
  });

  it.each([
    ['lock', 'usage'],
    ['lock vast-9', 'node_unknown'],
    ['lock vast-1!vast-1', 'node_set_empty'],
  ])('%s is refused as %s', async (words, code) => {
    const world = createCommandWorld();
    expect(await world.say(words)).toMatchObject({ kind: 'refused', refusal: { code } });
    expect((await world.context.orders.standing()).locks).toEqual([]);
  });

  it('is for those who operate', async () => {
    expect(await createCommandWorld().say('lock vast-1', MALLORY)).toMatchObject({ refusal: { code: 'denied' } });
  });
});
