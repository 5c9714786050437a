import { rmSync, unlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { canonicalName, fillModels } from '../../src/demo/fleet/models.ts';
import type { LocalSlack } from '../../src/demo/slack/local-slack.ts';
import { openInventory } from '../../src/wire.ts';
import { appToken, botToken, channel, startTestSlack } from '../slack/support/local.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { type Root, startRoot } from '../support/flow/children.ts';
import { hold, isHeld, pathLine, writeHoldingPrograms } from '../support/flow/held-node.ts';
import { type Office, openOffice, quiet } from '../support/flow/office.ts';
import { configOf, me, startSite } from '../support/flow/site.ts';
import { treeOf } from '../support/flow/tree.ts';
import { until } from '../support/flow/until.ts';

const nodes = ['vast-1', 'vast-2'];
const canonical = canonicalName('hex8_2p');

describe.skipIf(!hasTool('sshd') || !hasTool('redis'))('SIGTERM', () => {
  let bin: string;
  let site: Awaited<ReturnType<typeof startSite>>;
  let office: Office;
  let slack: LocalSlack;
  const roots: Root[] = [];
  const tree = (node: string): Record<string, string> => treeOf(site.node(node).modelsDir);

  beforeAll(async () => {
    bin = await mkdtemp(join(tmpdir(), 'medic-held-'));
    writeHoldingPrograms(bin);
    const held = nodes.map((name) => ({ name, config: [pathLine(bin)] }));
    site = await startSite([{ name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } }, ...held], ['hex8_2p']);
    slack = await startTestSlack();
  }, 300_000);

  afterEach(async () => {
    for (const node of nodes) hold(site.home(node), undefined);
    await Promise.all(roots.splice(0).map((root) => root.kill()));
    await office?.close();
  });

  afterAll(async () => {
    await slack?.close();
    await site?.close();
    await rm(bin, { recursive: true, force: true });
  });

  /** Both nodes lack the model, the plan is approved and the first node has half of it; the worker is told to end. */
  async function toldToEndWhileArriving(cluster: string, drainSeconds: number) {
    const config = await site.configure(cluster, [
      `slack: { incidentChannel: ${channel} }`,
      `roles: { operators: [], approvers: ["${me}"] }`,
      'approvals: { selfApproval: cli }',
      `limits: { drainSeconds: ${drainSeconds}, diskWarnPercent: 100 }`,
    ]);
    office = await openOffice(configOf(config));
    const worker = await startRoot('worker', config);
    roots.push(worker);
    for (const node of nodes) {
      rmModels(node);
      await fillModels(site.node(node).modelsDir, {
        checkpoints: site.checkpoints,
        promotedAt: new Date(Date.now() - 3_600_000),
        noise: false,
      });
      unlinkSync(join(site.node(node).modelsDir, canonical));
    }
    const { incident, plans } = await office.plan(nodes);
    const [plan] = plans;
    const first = plan?.targets[0]?.node ?? '';
    if (plan === undefined) throw new Error('no plan');
    hold(site.home(first), { at: 'arriving' });
    const request = await office.approve(incident, plan);
    await until(`${first} waits`, () => isHeld(site.home(first)));
    worker.signal('SIGTERM');
    await until('the worker knows', () => worker.log().includes('nothing new is taken'));
    return { config, worker, incident, request, first, second: plan.targets[1]?.node ?? '' };
  }

  it('lets a transfer under way end, begins nothing more, says so, and leaves the queue to others', async () => {
    const run = await toldToEndWhileArriving('patient', 60);
    const { incident, scope } = await office.open(['vast-1'], 'check');
    const inventory = openInventory(office.config, quiet).current().digest;
    await office.dispatch.check({ incident, scope, fresh: true, inventory });
    hold(site.home(run.first), undefined);
    const receipt = await office.receipt(run.incident, run.request);
    expect(receipt.targets).toMatchObject([
      { node: run.first, outcome: 'verified' },
      { node: run.second, outcome: 'not_started', detail: 'the worker is stopping' },
    ]);
    expect(await run.worker.exit).toBe(0);
    expect((await office.entries(incident)).map(({ event }) => event.kind)).toEqual(['opened']);
    roots.push(await startRoot('worker', run.config));
    await until('the next worker looks', async () =>
      (await office.entries(incident)).some(({ event }) => event.kind === 'checked'),
    );
    expect((await office.incident(run.incident)).executions).toHaveLength(1);
  });

  it('cuts the transfer when its time is over: taken back, written down, exit 0', async () => {
    const run = await toldToEndWhileArriving('short', 1);
    const before = tree(run.second);
    const receipt = await office.receipt(run.incident, run.request);
    expect(receipt.targets).toMatchObject([
      { node: run.first, outcome: 'rolled_back' },
      { node: run.second, outcome: 'not_started', detail: 'the worker is stopping' },
    ]);
    expect(await run.worker.exit).toBe(0);
    await until('the node is let go', () => !isHeld(site.home(run.first)));
    expect(tree(run.first)).toEqual(before);
  });

  it('ends the bot in order, an answer that is on its way included', async () => {
    const config = await site.configure('bot', [
      `slack: { incidentChannel: ${channel} }`,
      'roles: { operators: ["T0TEAM/U0ALICE"], approvers: [] }',
    ]);
    office = await openOffice(configOf(config));
    const env = { SLACK_API_URL: slack.apiUrl, SLACK_BOT_TOKEN: botToken, SLACK_APP_TOKEN: appToken };
    const bot = await startRoot('bot', config, env);
    roots.push(bot);
    await until('the bot listens', () => slack.connections() > 0);
    expect(await slack.as('U0ALICE').command(channel, '/models check')).toEqual({ ok: true });
    bot.signal('SIGTERM');
    expect(await bot.exit).toBe(0);
    const [incident = ''] = await office.memory.ledger.recent(1);
    expect((await office.entries(incident)).map(({ event }) => event.kind)).toEqual(['opened']);
  });

  function rmModels(node: string): void {
    for (const name of Object.keys(tree(node)))
      rmSync(join(site.node(node).modelsDir, name), { recursive: true, force: true });
  }
});
