import { describe, expect, it } from 'vitest';
import { hashPlan } from '../../src/domain/plan.ts';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';
import { opened, planned } from '../support/builders/entries.ts';
import { ALICE, aPlan, aPolicy, BOB, nodeNames } from '../support/builders/plans.ts';

const ID = 'i-0000000a';
const plan = aPlan(nodeNames(2));
const hash = hashPlan(plan);

async function world(policy = aPolicy(), wish?: { repair: string; params: Record<string, string> }) {
  const made = createCommandWorld(policy);
  const planning = planned(plan);
  if (planning.kind !== 'planned') throw new Error('no planning');
  await made.happened(ID, opened(), wish === undefined ? planning : { ...planning, wish });
  const request = await made.context.desk.request({ incident: ID, plan, requester: ALICE, once: 'first' });
  return { ...made, request: request ?? '' };
}

describe('replan', () => {
  it('plans again for the same nodes and models in the same incident', async () => {
    const { say, dispatched, pass, context } = await world();
    pass(20);
    await context.desk.tend();
    expect(await say(`replan ${hash.slice(0, 8)}`, BOB)).toMatchObject({
      kind: 'begun',
      incident: ID,
      until: 'planned',
    });
    expect(dispatched.plan).toMatchObject([
      { incident: ID, by: BOB, scope: { nodes: ['vast-1', 'vast-2'], models: ['hex8_2p'] } },
    ]);
    expect(dispatched.plan[0]).not.toHaveProperty('wish');
  });

  it('makes what was wished for again, not what is found', async () => {
    const wish = { repair: 'distribute', params: { transport: 'rsync' } };
    const { say, dispatched } = await world(aPolicy(), wish);
    await say(`replan ${hash}`);
    expect(dispatched.plan[0]?.wish).toEqual(wish);
  });

  it('is refused while the plan runs, where nothing may be changed, and for a node that is gone', async () => {
    const running = await world();
    await running.context.desk.approve(running.request, ALICE);
    expect(textOf(await running.say(`replan ${hash}`))).toContain('is running');
    const watching = await world(aPolicy({ mode: 'observe' }));
    expect(textOf(await watching.say(`replan ${hash}`))).toContain('only observes');
    const other = await world();
    const far = aPlan(['vast-77']);
    await other.happened(ID, planned(far));
    expect(textOf(await other.say(`replan ${hashPlan(far)}`))).toContain('vast-77');
    expect(other.dispatched.plan).toEqual([]);
  });
});
