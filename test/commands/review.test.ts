import { describe, expect, it } from 'vitest';
import { hashPlan } from '../../src/domain/plan.ts';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';
import { aFinding, looked, opened, planned } from '../support/builders/entries.ts';
import { ALICE, aPlan, aPolicy, BOB, CAROL, MALLORY } from '../support/builders/plans.ts';

const INCIDENT = 'i-00000001';
const weights = aPlan(['vast-1'], { risk: 'replaces-weights' });
const short = hashPlan(weights).slice(0, 8);

async function prompted() {
  const world = createCommandWorld(aPolicy({ breakGlass: [ALICE, BOB] }));
  await world.happened(INCIDENT, opened(), looked([aFinding()]), planned(weights));
  await world.context.desk.request({ incident: INCIDENT, plan: weights, requester: ALICE, once: 'prompt' });
  return world;
}

describe('broken glass', () => {
  it('takes a reason and somebody who is named, and runs the plan alone', async () => {
    const world = await prompted();
    expect(await world.say(`approve ${short} --break-glass`)).toMatchObject({ refusal: { code: 'usage' } });
    const refused = await world.say(`approve ${short} --break-glass play is down`, CAROL);
    expect(refused).toMatchObject({ kind: 'refused', refusal: { code: 'denied' } });
    expect(await world.say(`approve ${short}`)).toMatchObject({ refusal: { code: 'self_approval' } });
    expect(await world.say(`approve ${short} --break-glass play is down`)).toMatchObject({ kind: 'begun' });
    expect(world.dispatched.execute).toMatchObject([
      { signed: { approval: { approvers: [ALICE], breakGlass: { by: ALICE, reason: 'play is down' } } } },
    ]);
  });

  it('stays open until another approver has reviewed it', async () => {
    const world = await prompted();
    expect(await world.say(`review ${short}`, BOB)).toMatchObject({ refusal: { code: 'gone' } });
    await world.say(`approve ${short} --break-glass play is down`);
    expect(textOf(await world.say('pending', BOB))).toContain(`${ALICE} broke the glass: play is down`);
    expect(await world.say(`review ${short}`, MALLORY)).toMatchObject({ refusal: { code: 'denied' } });
    expect(textOf(await world.say(`review ${short} it was right`, BOB))).toContain('it was right');
    expect(await world.say(`review ${short}`, CAROL)).toMatchObject({ refusal: { code: 'already_approved' } });
    expect(textOf(await world.say('pending', BOB))).not.toContain('broke the glass');
  });

  it('is not reviewed by whoever broke it', async () => {
    const world = await prompted();
    await world.say(`approve ${short} --break-glass play is down`, BOB);
    const own = await world.say(`review ${short}`, BOB);
    expect(own).toMatchObject({ refusal: { code: 'self_approval' } });
    expect(textOf(own)).toContain(`${CAROL}`);
  });
});
