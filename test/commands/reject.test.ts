import { describe, expect, it } from 'vitest';
import { hashPlan } from '../../src/domain/plan.ts';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';
import { opened, planned } from '../support/builders/entries.ts';
import { ALICE, aPlan, BOB, MALLORY, nodeNames } from '../support/builders/plans.ts';

async function prompted(nodes = 9) {
  const world = createCommandWorld();
  const plan = aPlan(nodeNames(nodes));
  await world.happened('i-00000001', opened(), planned(plan));
  await world.context.desk.request({ incident: 'i-00000001', plan, requester: ALICE, once: 'prompt' });
  return { world, short: hashPlan(plan).slice(0, 8) };
}

describe('reject', () => {
  it.each([BOB, ALICE])('ends the prompt for everybody, with the reason, when %s types it', async (who) => {
    const { world, short } = await prompted();
    expect(textOf(await world.say(`reject ${short} vast-1 is being rebuilt`, who))).toContain(
      'rejected. Nothing was run.',
    );
    expect((await world.ledger.entries('i-00000001')).at(-1)?.event).toMatchObject({
      kind: 'rejected',
      by: who,
      reason: 'vast-1 is being rebuilt',
    });
    expect(await world.say(`approve ${short}`, BOB)).toMatchObject({
      kind: 'refused',
      refusal: { code: 'plan_ended' },
    });
    expect(await world.ledger.pending()).toEqual([]);
  });

  it('needs no reason, and cuts an endless one', async () => {
    const { world, short } = await prompted();
    await world.say(`reject ${short}`, BOB);
    expect((await world.ledger.entries('i-00000001')).at(-1)?.event).toMatchObject({ reason: 'no reason given' });
    const second = await prompted();
    expect((await second.world.say(`reject ${second.short} ${'x'.repeat(5_000)}`, BOB)).kind).toBe('said');
  });

  it('is for its requester and for approvers', async () => {
    const { world, short } = await prompted();
    expect(await world.say(`reject ${short}`, MALLORY)).toMatchObject({ kind: 'refused', refusal: { code: 'denied' } });
    expect(await world.ledger.pending()).toEqual(['i-00000001']);
  });

  it.each(['reject', 'reject xyz', 'reject 00000000'])('%s runs and ends nothing', async (words) => {
    const { world } = await prompted();
    expect((await world.say(words, BOB)).kind).toBe('refused');
    expect(await world.ledger.pending()).toEqual(['i-00000001']);
  });
});
