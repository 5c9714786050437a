import { describe, expect, it } from 'vitest';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';
import { authorized, opened, planned, requested, started } from '../support/builders/entries.ts';
import { aPlan, aPolicy, aReceipt, aResult, MALLORY } from '../support/builders/plans.ts';

describe('distribute', () => {
  it('asks for one plan for every node that gets models, and never for the source', async () => {
    const world = createCommandWorld();
    expect(await world.say('distribute hex8_2p')).toMatchObject({ kind: 'begun', until: 'planned' });
    expect(world.dispatched.plan).toMatchObject([
      {
        scope: { models: ['hex8_2p'], nodes: ['vast-1', 'vast-2'] },
        wish: { repair: 'distribute', params: { force: false } },
      },
    ]);
    expect(world.dispatched.plan[0]?.wish?.params).not.toHaveProperty('transports');
  });

  it('takes nodes, exactly one transport, and force', async () => {
    const world = createCommandWorld();
    await world.say('distribute canonical_hex8_2p.pth hex8_3p to vast-2 --transport stream --force');
    expect(world.dispatched.plan).toMatchObject([
      {
        scope: { models: ['hex8_2p', 'hex8_3p'], nodes: ['vast-2'] },
        wish: { params: { force: true, transports: ['stream'] } },
      },
    ]);
  });

  it('asks again for the nodes of a receipt that did not end well, in the same way', async () => {
    const world = createCommandWorld();
    const nodes = ['vast-1', 'vast-2', 'gone-1'];
    const plan = aPlan(nodes, { repair: 'distribute', params: { force: false, transports: ['rsync'] } });
    const results = [
      aResult('vast-1'),
      aResult('vast-2', { outcome: 'unreachable' }),
      aResult('gone-1', { outcome: 'rolled_back' }),
    ];
    const events = [opened(), planned(plan), requested(plan), authorized(plan), started(plan)];
    await world.happened('i-00000001', ...events);
    expect(await world.say('distribute --failed r-0412aa07')).toMatchObject({ refusal: { code: 'lease_held' } });
    await world.happened('i-00000001', { kind: 'executed', receipt: aReceipt(results) });
    await world.say('distribute --failed r-0412aa07');
    await world.say('distribute --failed r-0412aa07 --transport stream');
    expect(world.dispatched.plan).toMatchObject([
      { scope: { models: ['hex8_2p'], nodes: ['vast-2'] }, wish: { params: { transports: ['rsync'] } } },
      { wish: { params: { transports: ['stream'] } } },
    ]);
  });

  it('says so when a receipt failed nowhere', async () => {
    const world = createCommandWorld();
    const plan = aPlan(['vast-1']);
    const events = [opened(), planned(plan), requested(plan), authorized(plan), started(plan)];
    await world.happened('i-00000001', ...events, { kind: 'executed', receipt: aReceipt([aResult('vast-1')]) });
    expect(await world.say('distribute --failed r-0412aa07')).toMatchObject({ refusal: { code: 'node_set_empty' } });
  });

  it.each([
    ['distribute', 'usage', 'needs a model'],
    ['distribute to vast-1', 'usage', 'needs a model'],
    ['distribute hex8_9p', 'model_unknown', 'hex8_'],
    ['distribute hex8_2p to vast-9', 'node_unknown', 'vast-'],
    ['distribute hex8_2p to hub', 'node_inactive', 'it is the source'],
    ['distribute hex8_2p --transport rsink', 'usage', 'rsync'],
    ['distribute hex8_2p --transport', 'usage', 'needs a value'],
    ['distribute hex8_2p --failed r-0412aa07', 'usage', 'nothing beside it'],
    ['distribute --failed x', 'usage', 'receipt'],
    ['distribute --failed r-ffffffff', 'receipt_unknown', 'r-ffffffff'],
  ])('%s is refused as %s', async (words, code, says) => {
    const world = createCommandWorld();
    const reply = await world.say(words);
    expect(reply).toMatchObject({ kind: 'refused', refusal: { code } });
    expect(textOf(reply)).toContain(says);
    expect(world.dispatched.plan).toEqual([]);
  });

  it('is for those who operate, and not where the installation only observes', async () => {
    expect(await createCommandWorld().say('distribute hex8_2p', MALLORY)).toMatchObject({
      refusal: { code: 'denied' },
    });
    const world = createCommandWorld(aPolicy({ mode: 'observe' }));
    expect(await world.say('distribute hex8_2p')).toMatchObject({ refusal: { code: 'observe_only' } });
  });
});
