import { describe, expect, it } from 'vitest';
import { RollbackParams } from '../../src/domain/rollback.ts';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';
import { aScope, authorized, opened, planned, requested, started } from '../support/builders/entries.ts';
import { aPlan, aPolicy, aReceipt, aResult, aRunStep, aTarget } from '../support/builders/plans.ts';

const nodes = ['vast-1', 'vast-2'];
const plan = aPlan(nodes);
const begun = [opened({ scope: aScope({ nodes }) }), planned(plan), requested(plan), authorized(plan), started(plan)];

describe('rollback', () => {
  it('asks for a plan that takes back what the receipt changed, where it changed something', async () => {
    const world = createCommandWorld();
    const receipt = aReceipt([aResult('vast-1'), aResult('vast-2', { outcome: 'rolled_back' })]);
    await world.happened('i-00000001', ...begun, { kind: 'executed', receipt });
    expect(await world.say('rollback r-0412aa07')).toMatchObject({ kind: 'begun', until: 'planned' });
    const [job] = world.dispatched.plan;
    expect(job).toMatchObject({ incident: 'i-00000001', wish: { repair: 'rollback', nodes: ['vast-1'] } });
    // All of the incident is looked at.
    expect(job?.scope.nodes).toEqual(expect.arrayContaining(nodes));
    const params = RollbackParams.parse(job?.wish?.params);
    expect(params.changed['vast-1']).toMatchObject({
      before: { 'ringrift_best_hex8_2p.pth': { kind: 'absent' } },
      after: { 'ringrift_best_hex8_2p.pth': { kind: 'link', text: 'canonical_hex8_2p.pth' } },
      steps: [{ undo: ['unset-alias', 'ringrift_best_hex8_2p.pth', 'r-0412aa07'] }],
    });
    expect(params).toMatchObject({ receipt: 'r-0412aa07', risk: 'reversible', unsure: {} });
  });

  it('names nodes whose state nobody knows, so that they are told', async () => {
    const world = createCommandWorld();
    const receipt = aReceipt([aResult('vast-1'), aResult('vast-2', { outcome: 'lost' })]);
    await world.happened('i-00000001', ...begun, { kind: 'executed', receipt });
    await world.say('rollback r-0412aa07');
    expect(world.dispatched.plan[0]?.wish?.params).toMatchObject({ unsure: { 'vast-2': 'lost' } });
    expect(world.dispatched.plan[0]?.wish?.nodes).toEqual(nodes);
  });

  it('says so of a receipt that changed nothing, and of one that is still running', async () => {
    const world = createCommandWorld();
    await world.happened('i-00000001', ...begun);
    expect(await world.say('rollback r-0412aa07')).toMatchObject({ refusal: { code: 'lease_held' } });
    const receipt = aReceipt([aResult('vast-1', { outcome: 'rolled_back' })]);
    await world.happened('i-00000001', { kind: 'executed', receipt });
    expect(await world.say('rollback r-0412aa07')).toMatchObject({ refusal: { code: 'no_way_back' } });
    expect(world.dispatched.plan).toEqual([]);
  });

  it('names the step that has no way back', async () => {
    const world = createCommandWorld();
    const oneWay = aRunStep({ title: 'set it', undo: { kind: 'none', because: 'there is no room' } });
    const plan = aPlan([], { targets: [aTarget('vast-1', { steps: [oneWay] })] });
    const events = [opened(), planned(plan), requested(plan), authorized(plan), started(plan)];
    await world.happened('i-00000001', ...events, { kind: 'executed', receipt: aReceipt([aResult('vast-1')]) });
    const reply = await world.say('rollback r-0412aa07');
    expect(reply).toMatchObject({ refusal: { code: 'no_way_back' } });
    expect(textOf(reply)).toContain('“set it”: there is no room');
  });

  it.each([
    ['rollback', 'usage'],
    ['rollback r-1', 'usage'],
    ['rollback r-0412aa07 now', 'usage'],
    ['rollback r-ffffffff', 'receipt_unknown'],
  ])('%s is refused as %s', async (words, code) => {
    expect(await createCommandWorld().say(words)).toMatchObject({ kind: 'refused', refusal: { code } });
  });

  it('plans nothing where the installation only observes', async () => {
    const world = createCommandWorld(aPolicy({ mode: 'observe' }));
    expect(await world.say('rollback r-0412aa07')).toMatchObject({ refusal: { code: 'observe_only' } });
  });
});
