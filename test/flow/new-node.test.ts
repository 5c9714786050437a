import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { canonicalName } from '../../src/demo/fleet/models.ts';
import type { LocalSlack } from '../../src/demo/slack/local-slack.ts';
import { type EmbeddedRedis, startEmbeddedRedis } from '../../src/redis/embedded-redis.ts';
import { appToken, botToken, channel, startTestSlack } from '../slack/support/local.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { listIn, namesOfTargets, text } from '../support/flow/answer-fields.ts';
import { type Root, runMedic, startRoot } from '../support/flow/children.ts';
import { configOf, soleApprover, startSite } from '../support/flow/site.ts';
import { sha256, treeOf } from '../support/flow/tree.ts';
import { until } from '../support/flow/until.ts';

const models = ['hex8_2p', 'hex8_4p'];
const fresh = ['vast-2', 'vast-3'];

describe.skipIf(!hasTool('sshd') || !hasTool('redis'))('a node that is new in the inventory', () => {
  let site: Awaited<ReturnType<typeof startSite>>;
  let slack: LocalSlack;
  let redis: EmbeddedRedis;
  let config: string;
  let worker: Root;
  let bot: Root;
  let whole: string;
  let inventory: string;

  beforeAll(async () => {
    const coordinator = { name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } };
    site = await startSite([coordinator, ...['vast-1', 'vast-2', 'vast-3'].map((name) => ({ name }))], models);
    // Less than two nodes in an hour: the first fill is outside of it.
    const caps = 'limits: { diskWarnPercent: 100, changesPerNodeHour: 1, changesPerClusterHour: 1 }';
    config = await site.configure(
      'new-node',
      [...soleApprover, `slack: { incidentChannel: ${channel} }`, caps],
      models,
    );
    inventory = configOf(config).inventoryFile;
    whole = readFileSync(inventory, 'utf8');
    const { hosts, ...rest } = z.looseObject({ hosts: z.record(z.string(), z.unknown()) }).parse(parse(whole));
    const { 'vast-2': _, 'vast-3': __, ...others } = hosts;
    writeFileSync(inventory, stringify({ ...rest, hosts: others }));
    // They come empty: on one not even the folder is there.
    for (const name of fresh) rmSync(site.node(name).modelsDir, { recursive: true });
    mkdirSync(site.node('vast-3').modelsDir);
    slack = await startTestSlack();
    redis = await startEmbeddedRedis({ stateDir: configOf(config).stateDir });
    const env = { SLACK_API_URL: slack.apiUrl, SLACK_BOT_TOKEN: botToken, SLACK_APP_TOKEN: appToken };
    worker = await startRoot('worker', config);
    bot = await startRoot('bot', config, env);
  }, 300_000);

  afterAll(async () => {
    await bot?.stop();
    await worker?.stop();
    await redis?.close();
    await slack?.close();
    await site?.close();
  });

  const roots = () => slack.messages(channel).map((message) => JSON.stringify(message.blocks));

  it('is noticed while everything runs, said in the channel and filled by one plan', async () => {
    // The first reading writes down who is there.
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    expect(roots()).toEqual([]);
    writeFileSync(inventory, whole);
    const root = await until('it is told', () =>
      roots().find((blocks) => blocks.includes('new in the inventory: vast-[2-3]')),
    );
    expect(root).toContain('alert');
    await until('what they lack is told', () =>
      roots().some((blocks) => blocks.includes('folder missing') && blocks.includes('folder empty')),
    );
    const incident = /i-[0-9a-f]{8}/.exec(root)?.[0] ?? '';
    const planned = await runMedic(config, ['fix', incident, '--json']);
    const plans = listIn(planned.json['plans']);
    expect(namesOfTargets(plans), planned.stderr).toEqual(fresh);
    expect(plans).toHaveLength(1);
    const run = await runMedic(config, ['approve', text(plans[0]?.['hash'])]);
    expect(run.exit, run.stdout + run.stderr).toBe(0);
    for (const model of models) {
      const bytes = (node: string) => sha256(readFileSync(join(site.node(node).modelsDir, canonicalName(model))));
      for (const name of fresh) expect(bytes(name)).toBe(bytes('mac-studio'));
    }
    expect(Object.keys(treeOf(dirname(site.node('vast-2').modelsDir))).length).toBeGreaterThan(models.length);
  });

  it('is said to have left, and a version that cannot be used is said while the one before stays', async () => {
    const { hosts, ...rest } = z.looseObject({ hosts: z.record(z.string(), z.unknown()) }).parse(parse(whole));
    const { 'vast-1': _, ...others } = hosts;
    writeFileSync(inventory, stringify({ ...rest, hosts: others }));
    const left = await until('it is told', () =>
      roots().find((blocks) => blocks.includes('left the inventory: vast-1')),
    );
    expect(left).not.toContain('button');
    writeFileSync(inventory, 'hosts: { vast-1: 7 }\n');
    await until('it is told', () =>
      roots().find((blocks) => blocks.includes('the new version of the inventory cannot be used')),
    );
    expect((await slack.as('U0ALICE').command(channel, '/models nodes')).ok).toBe(true);
  });
});
