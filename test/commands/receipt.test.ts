import { describe, expect, it } from 'vitest';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';
import { authorized, opened, planned, requested, started } from '../support/builders/entries.ts';
import { aPlan, aReceipt, aResult } from '../support/builders/plans.ts';

const plan = aPlan();
const running = [opened(), planned(plan), requested(plan), authorized(plan), started(plan)];

describe('receipt', () => {
  it('tells what was done and how it ended', async () => {
    const world = createCommandWorld();
    const receipt = aReceipt([aResult('vast-1')]);
    await world.happened('i-00000001', ...running, { kind: 'executed', receipt });
    const reply = await world.say('receipt r-0412aa07');
    expect(textOf(reply)).toContain('Done: 1 of 1 node verified · receipt r-0412aa07');
    expect(reply).toMatchObject({
      exit: 0,
      json: { receipt: { ...receipt, outcome: 'done' }, incident: 'i-00000001' },
    });
  });

  it('says of a running one that it runs', async () => {
    const world = createCommandWorld();
    await world.happened('i-00000001', ...running);
    expect(textOf(await world.say('receipt r-0412aa07'))).toBe('r-0412aa07 is still running: 0 nodes have ended.');
  });

  it.each([
    ['receipt', 'usage'],
    ['receipt r-1', 'usage'],
    ['receipt r-0412aa07 x', 'usage'],
    ['receipt i-0412aa07', 'usage'],
    ['receipt r-ffffffff', 'receipt_unknown'],
  ])('%s is refused as %s', async (words, code) => {
    expect(await createCommandWorld().say(words)).toMatchObject({ kind: 'refused', refusal: { code } });
  });
});
