import { describe, expect, it } from 'vitest';
import { incidentOf } from '../../src/domain/incident.ts';
import { newsOf } from '../../src/domain/news.ts';
import { lockWords } from '../../src/domain/standing.ts';
import { countAgain, endExclusions } from '../../src/engine/end-exclusions.ts';
import { createCommandWorld } from '../support/builders/command-world.ts';
import { entriesOf, looked, opened } from '../support/builders/entries.ts';
import { ALICE } from '../support/builders/plans.ts';

describe('an exclusion', () => {
  it('ends when its time is over: its nodes are looked at once, and who excluded them is told in the channel', async () => {
    const world = createCommandWorld();
    await world.say('exclude vast-1 for 12h its disk');
    const options = { ...world.context, channel: 'C0OPS' };
    await endExclusions(options);
    expect((await world.context.orders.standing()).locks).toHaveLength(1);
    world.pass(12 * 60);
    await Promise.all([endExclusions(options), endExclusions(options)]);
    expect(world.dispatched.check).toMatchObject([{ scope: { nodes: ['vast-1'] } }]);
    const incident = world.dispatched.check[0]?.incident ?? '';
    const [lock] = (await world.context.orders.standing()).locks;
    expect(lock === undefined ? '' : lockWords(lock)).toMatch(
      new RegExp(`vast-1 is excluded until .* ended that: it counts when the look of ${incident} has ended\\.$`),
    );
    await countAgain(world.context, incident);
    expect((await world.context.orders.standing()).locks).toEqual([]);
    expect((await world.context.ledger.entries(incident))[0]?.event).toMatchObject({
      kind: 'opened',
      by: ALICE,
      place: { channel: 'C0OPS' },
      text: expect.stringMatching(/^include vast-1: the time of x-[0-9a-f]{8} is over$/),
    });
  });

  it('is named in the first line of every look', () => {
    const look = { ...looked(), excluded: ['vast-3'] };
    const incident = incidentOf(entriesOf(opened(), look));
    expect(incident === undefined ? '' : newsOf(incident)).toMatch(/ · 1 excluded$/);
  });
});
