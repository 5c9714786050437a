import { describe, expect, it } from 'vitest';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';
import { opened } from '../support/builders/entries.ts';

describe('diagnose', () => {
  it('looks with the usual checks and says why deliveries fail besides', async () => {
    const world = createCommandWorld();
    expect(await world.say('diagnose hex8_2p on vast-1 --since 3h')).toMatchObject({
      kind: 'begun',
      view: 'diagnosis',
    });
    expect(world.dispatched.check[0]).toMatchObject({
      scope: { models: ['hex8_2p'], nodes: ['vast-1'] },
      windowMinutes: 180,
    });
    expect(world.dispatched.check[0]?.scope.checks).toEqual(
      expect.arrayContaining(['alias-links', 'transport-diagnosis']),
    );
  });

  it('takes an incident for what it is about', async () => {
    const world = createCommandWorld();
    await world.happened('i-00000001', opened());
    expect(await world.say('diagnose i-00000001')).toMatchObject({ kind: 'begun', incident: 'i-00000001' });
    expect(world.dispatched.check[0]).toMatchObject({ incident: 'i-00000001' });
    expect(world.dispatched.check[0]).not.toHaveProperty('windowMinutes');
    expect(textOf(await world.say('diagnose i-00000002'))).toContain('is no incident');
  });

  it.each(['0h', '8d', '3hours', 'yesterday'])('refuses to look back %s', async (since) => {
    const world = createCommandWorld();
    expect(textOf(await world.say(`diagnose --since "${since}"`))).toContain('--since 90m');
    expect(world.dispatched.check).toEqual([]);
  });
});
