import { unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aliasName } from '../../src/demo/fleet/models.ts';
import type { LocalSlack } from '../../src/demo/slack/local-slack.ts';
import { appToken, botToken, channel, startTestSlack } from '../slack/support/local.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { type Root, startRoot } from '../support/flow/children.ts';
import { type Office, openOffice } from '../support/flow/office.ts';
import { configOf, startSite } from '../support/flow/site.ts';
import { storm, stormCauses } from '../support/flow/storm.ts';

const token = 'a-token-of-the-storm';
const models = ['hex8_2p', 'hex8_4p'];

describe.skipIf(!hasTool('sshd') || !hasTool('redis'))('a storm', () => {
  let site: Awaited<ReturnType<typeof startSite>>;
  let slack: LocalSlack;
  let office: Office;
  let worker: Root;
  let bot: Root;
  let start: (name: 'bot' | 'worker') => Promise<Root>;

  beforeAll(async () => {
    const coordinator = { name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } };
    site = await startSite([coordinator, { name: 'vast-1' }], models);
    const config = await site.configure('storm', [
      `slack: { incidentChannel: ${channel} }`,
      'roles: { operators: ["T0TEAM/U0ALICE"], approvers: ["T0TEAM/U0BOB"] }',
      'limits: { groupWaitMs: 1000, diskWarnPercent: 100 }',
    ]);
    slack = await startTestSlack();
    const env = {
      SLACK_API_URL: slack.apiUrl,
      SLACK_BOT_TOKEN: botToken,
      SLACK_APP_TOKEN: appToken,
      ALERTS_TOKEN: token,
    };
    start = (name) => startRoot(name, config, name === 'bot' ? env : {});
    office = await openOffice(configOf(config));
    [worker, bot] = await Promise.all([start('worker'), start('bot')]);
    for (const model of models) unlinkSync(join(site.node('vast-1').modelsDir, aliasName(model)));
  }, 300_000);

  afterAll(async () => {
    await bot?.stop();
    await worker?.stop();
    await office?.close();
    await slack?.close();
    await site?.close();
  });

  it('of 600 alerts over 12 causes, with bot and worker killed in the middle, is few messages, and nothing of it is lost', {
    timeout: 300_000,
  }, async () => {
    const result = await storm({
      bot: () => bot,
      token,
      slack,
      office,
      causes: stormCauses(12, models),
      alerts: 600,
      seconds: 6,
      halfway: async () => {
        await Promise.all([bot.kill(), worker.kill()]);
        [worker, bot] = await Promise.all([start('worker'), start('bot')]);
      },
    });
    expect(result).toMatchObject({ incidents: 12, seen: 600, refusedBySlack: 0 });
    expect(result.roots).toBeLessThanOrEqual(6);
  });
});
