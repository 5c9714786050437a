import { describe, expect, it } from 'vitest';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';

describe('include', () => {
  it.each(['node', 'id'])('ends an exclusion by its %s, and looks before the nodes count', async (by) => {
    const world = createCommandWorld();
    await world.say('exclude vast-* for 7d');
    const [one] = (await world.context.orders.standing()).locks;
    expect(await world.say(`include ${by === 'id' ? one?.id : 'vast-2'}`)).toMatchObject({
      kind: 'begun',
      until: 'checked',
    });
    expect(world.dispatched.check).toMatchObject([{ scope: { nodes: ['vast-1', 'vast-2'] } }]);
    expect((await world.context.orders.standing()).locks).toEqual([]);
  });

  it('names what is excluded', async () => {
    const world = createCommandWorld();
    expect(textOf(await world.say('include vast-1'))).toContain('Nothing is excluded.');
    await world.say('exclude vast-1 for 12h');
    expect(textOf(await world.say('include'))).toMatch(/x-[0-9a-f]{8} \(vast-1\)/);
    expect(world.dispatched.check).toEqual([]);
  });
});
