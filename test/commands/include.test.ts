import { describe, expect, it } from 'vitest';
import { exclusionsIn } from '../../src/domain/standing.ts';
import { countAgain } from '../../src/engine/end-exclusions.ts';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';

describe('include', () => {
  it.each<[string, string[], string[]]>([
    ['id', ['vast-1', 'vast-2'], []],
    ['node', ['vast-2'], ['vast-1']],
  ])('ends an exclusion by its %s: the nodes count when they have been looked at', async (by, looked, left) => {
    const world = createCommandWorld();
    await world.say('exclude vast-* for 7d new disks');
    const [one] = (await world.context.orders.standing()).locks;
    expect(await world.say(`include ${by === 'id' ? one?.id : 'vast-2'}`)).toMatchObject({
      kind: 'begun',
      until: 'checked',
    });
    expect(world.dispatched.check).toMatchObject([{ scope: { nodes: looked } }]);
    const { incident = '' } = world.dispatched.check[0] ?? {};
    const excluded = async () => exclusionsIn(await world.context.orders.standing()).flatMap(({ nodes }) => nodes);
    expect(await excluded()).toEqual(expect.arrayContaining(['vast-1', 'vast-2']));
    await countAgain(world.context, 'i-0ddba115');
    expect(await excluded()).toEqual(expect.arrayContaining(looked));
    await countAgain(world.context, incident);
    const still = (await world.context.orders.standing()).locks;
    expect(still.flatMap(({ nodes }) => nodes)).toEqual(left);
    for (const { reason, until } of still)
      expect({ reason, until }).toEqual({ reason: 'new disks', until: one?.until });
  });

  it('names what is excluded', async () => {
    const world = createCommandWorld();
    expect(textOf(await world.say('include vast-1'))).toContain('Nothing is excluded.');
    await world.say('exclude vast-1 for 12h');
    expect(textOf(await world.say('include'))).toMatch(/x-[0-9a-f]{8} \(vast-1\)/);
    expect(world.dispatched.check).toEqual([]);
  });
});
