import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalName, checkpointOf } from '../../src/demo/fleet/models.ts';
import type { LocalSlack } from '../../src/demo/slack/local-slack.ts';
import { appToken, botToken, channel, startTestSlack } from '../slack/support/local.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { postAlert } from '../support/flow/alerts-door.ts';
import { type Root, startRoot } from '../support/flow/children.ts';
import { type Office, openOffice } from '../support/flow/office.ts';
import { configOf, startSite } from '../support/flow/site.ts';
import { until } from '../support/flow/until.ts';

const token = 'a-token-of-the-alerts';
const FILE = canonicalName('hex8_2p');

describe.skipIf(!hasTool('sshd') || !hasTool('redis'))('a promotion', () => {
  let site: Awaited<ReturnType<typeof startSite>>;
  let slack: LocalSlack;
  let office: Office;
  let worker: Root;
  let bot: Root;
  const give = (node: string, generation: number): void =>
    writeFileSync(join(site.node(node).modelsDir, FILE), checkpointOf('hex8_2p', generation));

  beforeAll(async () => {
    const coordinator = { name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } };
    site = await startSite([coordinator, { name: 'vast-1' }, { name: 'vast-2' }], ['hex8_2p']);
    const config = await site.configure('watch', [
      `slack: { incidentChannel: ${channel} }`,
      'roles: { operators: ["T0TEAM/U0ALICE"], approvers: ["T0TEAM/U0BOB"] }',
      'limits: { groupWaitMs: 500, watchEveryMs: 500, diskWarnPercent: 100 }',
      'daemon: { stuckSeconds: 6 }',
    ]);
    slack = await startTestSlack();
    const env = {
      SLACK_API_URL: slack.apiUrl,
      SLACK_BOT_TOKEN: botToken,
      SLACK_APP_TOKEN: appToken,
      ALERTS_TOKEN: token,
    };
    office = await openOffice(configOf(config));
    [worker, bot] = await Promise.all([startRoot('worker', config), startRoot('bot', config, env)]);
    for (let look = 0; look < 2; look += 1) await office.look(['mac-studio', 'vast-1', 'vast-2']);
  });

  afterAll(async () => {
    await bot?.stop();
    await worker?.stop();
    await office?.close();
    await slack?.close();
    await site?.close();
  });

  const kindsOf = async (id: string): Promise<string[]> => (await office.entries(id)).map(({ event }) => event.kind);

  it('that reaches every node in time is told to nobody, and the ledger knows of it', async () => {
    give('mac-studio', 2);
    const id = await post(promoted('the first'));
    await until('it is seen to be under way', async () => (await kindsOf(id)).includes('waits'));
    for (const node of ['vast-1', 'vast-2']) give(node, 2);
    await until('it is decided', async () => (await kindsOf(id)).includes('settled'));
    expect(await kindsOf(id)).not.toContain('raised');
    expect(roots()).toEqual([]);
  });

  it('that stops on its way says where, and who lacks it', async () => {
    give('mac-studio', 3);
    const id = await post(promoted('the second'));
    give('vast-1', 3);
    await until('people are told', async () => (await kindsOf(id)).includes('raised'));
    const stuck = (await office.incident(id)).findings.find(({ code }) => code === 'distribution_stuck');
    expect(stuck?.title).toMatch(/^stuck at distribution: .* is on 1 of 2 nodes that answer$/);
    expect(stuck?.evidence).toContain('without it: vast-2');
    await until('it is in the channel', () => roots()[0]);
    expect(roots()).toHaveLength(1);
  });

  const post = (body: object): Promise<string> => postAlert(bot, token, body);

  function roots(): unknown[] {
    return slack.messages(channel).filter(({ threadTs }) => threadTs === undefined);
  }
});

function promoted(reason: string): object {
  const payload = { config_key: 'hex8_2p', model_path: `models/${FILE}`, reason, timestamp: 1 };
  return { event_type: 'MODEL_PROMOTED', payload, source: 'auto_promotion_daemon' };
}
