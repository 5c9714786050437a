import { describe, expect, it } from 'vitest';
import { incidentOf } from '../../src/domain/incident.ts';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';
import { aFinding, authorized, looked, opened, planned, requested, started } from '../support/builders/entries.ts';
import { ALICE, aPlan, MALLORY } from '../support/builders/plans.ts';

const plan = aPlan();

async function aWorld() {
  const world = createCommandWorld();
  const now = async () => incidentOf(await world.ledger.entries('i-00000001'));
  await world.happened('i-00000001', opened(), looked([aFinding()]));
  return { ...world, now };
}

describe('resolve', () => {
  it('closes with what is left, says so, and withdraws what waits for approval', async () => {
    const world = await aWorld();
    await world.happened('i-00000001', planned(plan), requested(plan));
    expect(textOf(await world.say('resolve i-00000001 given back'))).toContain('is closed with 1 finding left');
    const incident = await world.now();
    expect(incident?.status).toBe('closed');
    expect(incident?.closed).toMatchObject({ by: ALICE, reason: 'given back', findings: [aFinding().id] });
    expect(incident?.prompts.map(({ state }) => state)).toEqual(['withdrawn']);
  });

  it('stays closed when only the same is found, opens again for something new, and is resolved by a clear look', async () => {
    const world = await aWorld();
    await world.say('resolve', ALICE, 'i-00000001');
    await world.happened('i-00000001', looked([aFinding()]));
    expect((await world.now())?.status).toBe('closed');
    await world.happened('i-00000001', looked());
    expect((await world.now())?.status).toBe('resolved');
    await world.happened('i-00000001', looked([aFinding('vast-2')]));
    expect((await world.now())?.status).toBe('open');
  });

  it('waits for a repair that runs', async () => {
    const world = await aWorld();
    await world.happened('i-00000001', planned(plan), requested(plan), authorized(plan), started(plan));
    expect(await world.say('resolve i-00000001')).toMatchObject({ refusal: { code: 'on_hold' } });
    expect((await world.now())?.status).toBe('repairing');
  });

  it('says that it is over already, and is for operators', async () => {
    const world = await aWorld();
    expect(await world.say('resolve i-00000001', MALLORY)).toMatchObject({ refusal: { code: 'denied' } });
    await world.say('resolve i-00000001');
    expect(textOf(await world.say('resolve i-00000001'))).toContain('over already (closed)');
  });
});
