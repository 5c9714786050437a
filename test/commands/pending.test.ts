import { describe, expect, it } from 'vitest';
import { hashPlan } from '../../src/domain/plan.ts';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';
import { opened, planned } from '../support/builders/entries.ts';
import { ALICE, aPlan, BOB, nodeNames } from '../support/builders/plans.ts';

describe('pending', () => {
  it('says so when nothing waits', async () => {
    expect(textOf(await createCommandWorld().say('pending'))).toBe('No plan waits for a decision.');
  });

  it('tells what waits, for how many, and how long', async () => {
    const world = createCommandWorld();
    const plan = aPlan(nodeNames(2), { risk: 'replaces-weights' });
    await world.happened('i-00000001', opened(), planned(plan));
    await world.context.desk.request({ incident: 'i-00000001', plan, requester: ALICE, once: 'prompt' });
    await world.say(`approve ${hashPlan(plan).slice(0, 8)}`, BOB);
    world.pass(10);
    const reply = await world.say('pending');
    expect(textOf(reply)).toContain('1 plan waits for a decision');
    expect(textOf(reply)).toMatch(/replaces weights.* 1 of 2 approvals · 20 min left · i-00000001/);
    expect(reply).toMatchObject({
      json: { plans: [{ hash: hashPlan(plan), needed: 2, approvedBy: [BOB], incident: 'i-00000001' }] },
    });
  });

  it('ends what is over before it lists', async () => {
    const world = createCommandWorld();
    const plan = aPlan();
    await world.happened('i-00000001', opened(), planned(plan));
    await world.context.desk.request({ incident: 'i-00000001', plan, requester: ALICE, once: 'prompt' });
    world.pass(16);
    expect(textOf(await world.say('pending'))).toBe('No plan waits for a decision.');
    expect(await world.kinds('i-00000001')).toContain('expired');
  });

  it('takes no words', async () => {
    expect(await createCommandWorld().say('pending all')).toMatchObject({
      kind: 'refused',
      refusal: { code: 'usage' },
    });
  });
});
