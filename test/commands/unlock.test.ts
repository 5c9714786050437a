import { describe, expect, it } from 'vitest';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';

describe('unlock', () => {
  it.each(['vast-1,vast-2', 'vast-*', 'vast-[1-2]'])('ends the lock on exactly %s', async (set) => {
    const world = createCommandWorld();
    await world.say('lock vast-*');
    await world.say('lock vast-1');
    expect(textOf(await world.say(`unlock ${set}`))).toContain('vast-[1-2] may be changed again');
    expect((await world.context.orders.standing()).locks).toMatchObject([{ nodes: ['vast-1'] }]);
  });

  it('ends a lock by its id', async () => {
    const world = createCommandWorld();
    await world.say('lock hex8_2p');
    const [lock] = (await world.context.orders.standing()).locks;
    await world.say(`unlock ${lock?.id ?? ''}`);
    expect((await world.context.orders.standing()).locks).toEqual([]);
  });

  it('names the locks there are when it finds none', async () => {
    const world = createCommandWorld();
    expect(textOf(await world.say('unlock vast-1'))).toContain('There is none.');
    await world.say('lock vast-2');
    const reply = await world.say('unlock vast-1');
    expect(reply).toMatchObject({ refusal: { code: 'lock_unknown' } });
    expect(textOf(reply)).toMatch(/l-[0-9a-f]{8} \(vast-2\)/);
    expect(await world.say('unlock l-ffffffff')).toMatchObject({ refusal: { code: 'lock_unknown' } });
  });

  it.each([
    ['unlock', 'usage'],
    ['unlock vast-1 now', 'usage'],
    ['unlock vast-9', 'node_unknown'],
  ])('%s is refused as %s', async (words, code) => {
    expect(await createCommandWorld().say(words)).toMatchObject({ kind: 'refused', refusal: { code } });
  });
});
