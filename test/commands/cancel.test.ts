import { describe, expect, it } from 'vitest';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';
import { authorized, opened, planned, requested, started } from '../support/builders/entries.ts';
import { ALICE, aPlan, aReceipt, aResult, BOB, MALLORY } from '../support/builders/plans.ts';

const plan = aPlan(['vast-1']);
const waiting = [opened(), planned(plan), requested(plan)];
const running = [...waiting, authorized(plan), started(plan)];

describe('cancel', () => {
  it.each(['cancel r-0412aa07', 'cancel i-00000001'])('%s asks for the end of what runs', async (words) => {
    const world = createCommandWorld();
    await world.happened('i-00000001', ...running);
    const reply = await world.say(words);
    expect(textOf(reply)).toContain('Cancelling r-0412aa07');
    const { event } = (await world.ledger.entries('i-00000001')).at(-1) ?? {};
    expect(event).toEqual({ kind: 'cancel_requested', receipt: 'r-0412aa07', by: ALICE });
  });

  it('means the incident of the thread it is said in', async () => {
    const world = createCommandWorld();
    await world.happened('i-00000001', ...running);
    expect(textOf(await world.say('cancel', BOB, 'i-00000001'))).toContain('Cancelling r-0412aa07');
  });

  it('withdraws a plan that waits; nothing was run', async () => {
    const world = createCommandWorld();
    await world.happened('i-00000001', ...waiting);
    expect(textOf(await world.say('cancel i-00000001'))).toContain('is withdrawn. Nothing was run.');
    const { event } = (await world.ledger.entries('i-00000001')).at(-1) ?? {};
    expect(event).toMatchObject({ kind: 'withdrawn', by: ALICE, reason: 'it is not wanted any more' });
  });

  it('says so of what has ended', async () => {
    const world = createCommandWorld();
    await world.happened('i-00000001', ...running, { kind: 'executed', receipt: aReceipt([aResult('vast-1')]) });
    expect(await world.say('cancel r-0412aa07')).toMatchObject({ refusal: { code: 'plan_ended' } });
    expect(textOf(await world.say('cancel i-00000001'))).toContain('1 change has ended');
  });

  it('is for those who operate', async () => {
    const world = createCommandWorld();
    await world.happened('i-00000001', ...running);
    expect(await world.say('cancel r-0412aa07', MALLORY)).toMatchObject({ refusal: { code: 'denied' } });
    expect(await world.kinds('i-00000001')).not.toContain('cancel_requested');
  });

  it.each([
    ['cancel', 'usage'],
    ['cancel everything', 'usage'],
    ['cancel r-0412aa07 now', 'usage'],
    ['cancel r-ffffffff', 'receipt_unknown'],
    ['cancel i-ffffffff', 'incident_unknown'],
  ])('%s is refused as %s', async (words, code) => {
    expect(await createCommandWorld().say(words)).toMatchObject({ kind: 'refused', refusal: { code } });
  });
});
