import { describe, expect, it } from 'vitest';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';
import { aPolicy, NOON } from '../support/builders/plans.ts';

describe('quarantine', () => {
  it('looks at what is kept, in a stream of its own even in a thread', async () => {
    const world = createCommandWorld();
    expect(await world.say('quarantine on vast-1')).toMatchObject({
      kind: 'begun',
      until: 'checked',
      view: 'quarantine',
    });
    expect(world.dispatched.check).toMatchObject([{ scope: { nodes: ['vast-1'], checks: ['quarantine'] } }]);
    const reply = await world.say('quarantine', undefined, 'i-0000000a');
    expect(reply).toMatchObject({ kind: 'begun' });
    expect(reply.kind === 'begun' ? reply.incident : '').not.toBe('i-0000000a');
  });

  it('prune asks for a plan as of now, on every node or on those named', async () => {
    const world = createCommandWorld();
    expect(await world.say('quarantine prune')).toMatchObject({ kind: 'begun', until: 'planned' });
    await world.say('quarantine prune on vast-2');
    const wish = { repair: 'prune-quarantine', params: { asOf: NOON } };
    expect(world.dispatched.plan).toMatchObject([
      { scope: { nodes: ['hub', 'vast-1', 'vast-2'], checks: ['quarantine'] }, wish },
      { scope: { nodes: ['vast-2'] }, wish },
    ]);
  });

  it('prune is refused to who may only look, where nothing is changed, and for models', async () => {
    for (const policy of [aPolicy({ mode: 'observe' }), aPolicy({ operators: [], approvers: [] })]) {
      const world = createCommandWorld(policy);
      const command = world.context.commands.find(({ name }) => name === 'quarantine');
      expect(await command?.handle(['prune'], { ...world.context, policy })).toMatchObject({ kind: 'refused' });
      expect(world.dispatched.plan).toEqual([]);
    }
    const world = createCommandWorld();
    expect(textOf(await world.say('quarantine prune hex8_2p'))).toContain('takes nodes and no models');
    expect(await world.say('quarantine prune on vast-9')).toMatchObject({ refusal: { code: 'node_unknown' } });
  });
});
