import { describe, expect, it } from 'vitest';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';
import { ALICE, MALLORY } from '../support/builders/plans.ts';

describe('exclude', () => {
  it('takes nodes, a time and a reason, and is listed among the locks', async () => {
    const world = createCommandWorld();
    expect(textOf(await world.say('exclude vast-1 for 7d because its disk is being replaced'))).toMatch(
      /^vast-1 is excluded until 2026-03-08 12:00 UTC, by .*: its disk is being replaced \(x-[0-9a-f]{8}\)\./,
    );
    expect((await world.context.orders.standing()).locks).toMatchObject([
      { nodes: ['vast-1'], models: [], by: ALICE, until: '2026-03-08T12:00:00.000Z' },
    ]);
    expect(textOf(await world.say('locks'))).toContain('vast-1 is excluded until');
    // It counts again by its own word, after a look.
    expect(await world.say('unlock vast-1')).toMatchObject({ kind: 'refused', refusal: { code: 'lock_unknown' } });
  });

  it.each([
    ['exclude', 'usage'],
    ['exclude vast-1', 'usage'],
    ['exclude vast-1 for 91d', 'usage'],
    ['exclude vast-1 for ever', 'usage'],
    ['exclude hub for 7d', 'usage'],
    ['exclude vast-9 for 7d', 'node_unknown'],
  ])('%s is refused as %s', async (words, code) => {
    const world = createCommandWorld();
    expect(await world.say(words)).toMatchObject({ kind: 'refused', refusal: { code } });
    expect((await world.context.orders.standing()).locks).toEqual([]);
  });

  it('is for those who operate', async () => {
    expect(await createCommandWorld().say('exclude vast-1 for 7d', MALLORY)).toMatchObject({
      refusal: { code: 'denied' },
    });
  });
});
