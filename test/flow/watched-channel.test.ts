import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aliasName } from '../../src/demo/fleet/models.ts';
import type { LocalSlack } from '../../src/demo/slack/local-slack.ts';
import { type EmbeddedRedis, startEmbeddedRedis } from '../../src/redis/embedded-redis.ts';
import { appToken, botToken, channel, startTestSlack } from '../slack/support/local.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { listIn, text } from '../support/flow/answer-fields.ts';
import { type Root, runMedic, startRoot } from '../support/flow/children.ts';
import { configOf, startSite } from '../support/flow/site.ts';
import { until } from '../support/flow/until.ts';

const WATCHED = 'C0ALERTS';
const sender = { name: 'RingRift', botId: 'B0RING' };

describe.skipIf(!hasTool('sshd') || !hasTool('redis'))('a watched channel', () => {
  let site: Awaited<ReturnType<typeof startSite>>;
  let slack: LocalSlack;
  let redis: EmbeddedRedis;
  let config: string;
  let worker: Root;
  let bot: Root;
  let env: Record<string, string>;

  beforeAll(async () => {
    const coordinator = { name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } };
    site = await startSite([coordinator, { name: 'vast-1' }], ['hex8_2p', 'hex8_4p']);
    const lines = [
      `slack: { incidentChannel: ${channel}, watchChannels: [${WATCHED}] }`,
      'roles: { operators: ["T0TEAM/U0ALICE"], approvers: ["T0TEAM/U0BOB"] }',
      'limits: { groupWaitMs: 500, diskWarnPercent: 100 }',
    ];
    config = await site.configure('watched', lines, ['hex8_2p', 'hex8_4p']);
    slack = await startTestSlack({ channels: [{ id: WATCHED, name: 'alerts' }] });
    redis = await startEmbeddedRedis({ stateDir: configOf(config).stateDir });
    env = { SLACK_API_URL: slack.apiUrl, SLACK_BOT_TOKEN: botToken, SLACK_APP_TOKEN: appToken };
    worker = await startRoot('worker', config, env);
    bot = await startRoot('bot', config, env);
  }, 300_000);

  afterAll(async () => {
    await bot?.stop();
    await worker?.stop();
    await redis?.close();
    await slack?.close();
    await site?.close();
  });

  const failed = (model: string) => ({
    attachments: [
      {
        title: 'RingRift Alert: MODEL_DISTRIBUTION_FAILED',
        fields: [
          { title: 'Node', value: 'vast-1' },
          { title: 'Details', value: `{"model_name": "${model}", "error": "All transp` },
        ],
      },
    ],
  });
  const incidents = async () => listIn((await runMedic(config, ['incidents', '--json'])).json['incidents']);
  const roots = () => slack.messages(channel).map((message) => JSON.stringify(message.blocks));

  it('is read from the moment it is known: other bots’ alerts become incidents, people’s words and other messages do not', async () => {
    // The first reading only marks where it begins.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    rmSync(join(site.node('vast-1').modelsDir, aliasName('hex8_2p')));
    slack.as('U0ALICE').say(WATCHED, ':warning: *[alice] MODEL_DISTRIBUTION_FAILED*\nhex8_4p');
    slack.postAsOther(WATCHED, { name: 'forge', botId: 'B0FORGE' }, { text: 'hex8_4p was merged' });
    slack.postAsOther(WATCHED, sender, failed('hex8_2p'));
    slack.postAsOther(WATCHED, sender, failed('hex8_2p'));
    await until('the incident is told', () => roots().some((blocks) => blocks.includes('hex8_2p is wrong on 1')));
    expect(await incidents()).toHaveLength(1);
  });

  it('is read on after a gap, and nothing twice', async () => {
    await bot.stop();
    rmSync(join(site.node('vast-1').modelsDir, aliasName('hex8_4p')));
    slack.postAsOther(WATCHED, sender, failed('hex8_4p'));
    bot = await startRoot('bot', config, env);
    await until('the second incident is told', () =>
      roots().some((blocks) => blocks.includes('hex8_4p is wrong on 1')),
    );
    const all = await incidents();
    expect(all).toHaveLength(2);
    expect(new Set(all.map(({ id }) => text(id))).size).toBe(2);
  });
});
