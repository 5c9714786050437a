import { describe, expect, it } from 'vitest';
import { receipt } from '../../commands/receipt.ts';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';
import { authorized, opened, planned, requested, started } from '../support/builders/entries.ts';
import { aPlan, aReceipt, aResult } from '../support/builders/plans.ts';

const plan = aPlan();
const running = [opened(), planned(plan), requested(plan), authorized(plan), started(plan)];

describe('receipt', () => {
  it('tells what was done and how it ended', async () => {
    const world = createCommandWorld();
    const done = aReceipt([aResult('vast-1')]);
    await world.happened('i-00000001', ...running, { kind: 'executed', receipt: done });
    const reply = await world.say('receipt r-0412aa07');
    expect(textOf(reply)).toContain('Done: 1 of 1 node verified · receipt r-0412aa07');
    expect(reply).toMatchObject({
      exit: 0,
      json: { receipt: { ...done, outcome: 'done' }, incident: 'i-00000001' },
    });
  });

  it('tells it step by step in a shell, and folded, with the steps in a file, in Slack', async () => {
    const world = createCommandWorld();
    const step = { receipt: 'r-0412aa07', node: 'vast-1', step: 'link', undo: false } as const;
    const mark = { count: 7, head: 'ab'.repeat(32) };
    await world.happened(
      'i-00000001',
      ...running,
      { kind: 'step_started', ...step, title: 'set the alias' },
      { kind: 'step_ended', ...step, ok: true, detail: '', ms: 600 },
      { kind: 'executed', receipt: aReceipt([aResult('vast-1')]) },
      { kind: 'sealed', receipt: 'r-0412aa07', mark },
    );
    const [shell, slack] = [
      await receipt.handle(['r-0412aa07'], { ...world.context, place: undefined }),
      await receipt.handle(['r-0412aa07'], { ...world.context, place: { channel: 'C0OPS' } }),
    ];
    expect(textOf(shell)).toContain('set the alias · done after 0.6 s');
    expect(textOf(shell)).toContain('· trail 7:abababab');
    expect(textOf(slack)).not.toContain('set the alias');
    expect(slack.kind === 'said' ? slack.file?.content : '').toBe(`${textOf(shell)}\n`);
    expect(shell).toMatchObject({ json: { receipt: { trail: mark, targets: [{ steps: [{ ok: true }] }] } } });
  });

  it('says of a running one that it runs', async () => {
    const world = createCommandWorld();
    await world.happened('i-00000001', ...running);
    expect(textOf(await world.say('receipt r-0412aa07'))).toBe('r-0412aa07 is still running: 0 nodes have ended.');
  });

  it('measures now what it had put right, by the checks that judged it then', async () => {
    const world = createCommandWorld();
    await world.happened('i-00000001', ...running, { kind: 'executed', receipt: aReceipt([aResult('vast-1')]) });
    const reply = await world.say('receipt r-0412aa07 --verify');
    expect(reply).toMatchObject({ kind: 'begun', until: 'checked', view: 'findings' });
    expect(world.dispatched.check).toMatchObject([
      { scope: { models: ['hex8_2p'], nodes: ['vast-1'], checks: ['alias-links'] }, fresh: true },
    ]);
    // A look of its own: the incident's own story stays what it was.
    expect(world.dispatched.check[0]?.incident).not.toBe('i-00000001');
  });

  it('measures a way back with every usual check, and says so when its nodes are gone', async () => {
    const world = createCommandWorld();
    const back = aPlan(['vast-1'], { repair: 'rollback', params: {}, verify: [] });
    const begun = [opened(), planned(back), requested(back), authorized(back), started(back)];
    await world.happened('i-00000001', ...begun, { kind: 'executed', receipt: aReceipt([aResult('vast-1')]) });
    await world.say('receipt r-0412aa07 --verify');
    expect(world.dispatched.check[0]?.scope.checks).toContain('model-digest');
    const gone = aPlan(['gone-1']);
    const later = [
      opened(),
      planned(gone),
      requested(gone),
      authorized(gone),
      started(gone, { receipt: 'r-0412aa08' }),
    ];
    const done = aReceipt([aResult('gone-1')], { id: 'r-0412aa08' });
    await world.happened('i-00000002', ...later, { kind: 'executed', receipt: done });
    expect(await world.say('receipt r-0412aa08 --verify')).toMatchObject({ refusal: { code: 'node_set_empty' } });
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
