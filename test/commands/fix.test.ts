import { describe, expect, it } from 'vitest';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';
import { aFinding, aScope, looked, opened } from '../support/builders/entries.ts';
import { ALICE, aPolicy, MALLORY } from '../support/builders/plans.ts';

describe('fix', () => {
  it('opens a stream and asks for plans in the name of whoever typed it', async () => {
    const world = createCommandWorld();
    const reply = await world.say('fix hex8_2p on vast-1');
    expect(reply).toMatchObject({ kind: 'begun', until: 'planned' });
    expect(world.dispatched.plan).toMatchObject([{ by: ALICE, scope: { models: ['hex8_2p'], nodes: ['vast-1'] } }]);
    expect(await world.kinds(reply.kind === 'begun' ? reply.incident : '')).toEqual(['opened', 'asked']);
  });

  it.each(['fix i-00000001', 'fix'])('%s plans for the incident that is open already', async (words) => {
    const world = createCommandWorld();
    await world.happened('i-00000001', opened(), looked([aFinding()]));
    expect(await world.say(words, ALICE, 'i-00000001')).toMatchObject({ kind: 'begun', incident: 'i-00000001' });
    expect(world.dispatched.plan).toMatchObject([{ incident: 'i-00000001', scope: aScope() }]);
    expect(await world.kinds('i-00000001')).toEqual(['opened', 'checked', 'asked']);
  });

  it('plans for the one node and model of a finding', async () => {
    const world = createCommandWorld();
    const wide = aScope({ models: ['hex8_2p', 'hex8_3p'], nodes: ['vast-1', 'vast-2'] });
    await world.happened('i-00000001', opened({ scope: wide }), looked([aFinding('vast-2')]));
    await world.say(`fix ${aFinding('vast-2').id}`);
    expect(world.dispatched.plan).toMatchObject([{ scope: { models: ['hex8_2p'], nodes: ['vast-2'] } }]);
  });

  it.each([
    ['fix i-ffffffff', 'incident_unknown'],
    ['fix f-ffffffff', 'incident_unknown'],
    ['fix hex8_9p', 'model_unknown'],
    ['fix on nobody', 'node_unknown'],
    ['fix --fresh', 'usage'],
  ])('%s is refused as %s', async (words, code) => {
    const world = createCommandWorld();
    expect(await world.say(words)).toMatchObject({ kind: 'refused', refusal: { code } });
    expect(world.dispatched.plan).toEqual([]);
  });

  it('is not for people without the right, and tells who has it', async () => {
    const world = createCommandWorld();
    const reply = await world.say('fix', MALLORY);
    expect(reply).toMatchObject({ kind: 'refused', refusal: { code: 'denied' } });
    expect(textOf(reply)).toContain(ALICE);
    expect(world.dispatched.plan).toEqual([]);
  });

  it('plans nothing where medic only observes, and leaves no stream behind', async () => {
    const world = createCommandWorld(aPolicy({ mode: 'observe' }));
    expect(await world.say('fix')).toMatchObject({ kind: 'refused', refusal: { code: 'observe_only' } });
    expect(world.dispatched.plan).toEqual([]);
    expect(await world.ledger.recent(1)).toEqual([]);
  });
});
