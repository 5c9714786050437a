import { unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aliasName } from '../../src/demo/fleet/models.ts';
import type { LocalSlack } from '../../src/demo/slack/local-slack.ts';
import { appToken, botToken, channel, startTestSlack } from '../slack/support/local.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { postAlert } from '../support/flow/alerts-door.ts';
import { type Root, startRoot } from '../support/flow/children.ts';
import { type Office, openOffice } from '../support/flow/office.ts';
import { configOf, startSite } from '../support/flow/site.ts';
import { until } from '../support/flow/until.ts';

const token = 'a-token-of-the-test';

describe.skipIf(!hasTool('sshd') || !hasTool('redis'))('alerts through the real door', () => {
  let site: Awaited<ReturnType<typeof startSite>>;
  let slack: LocalSlack;
  let office: Office;
  let worker: Root;
  let bot: Root;
  let startBot: () => Promise<Root>;

  beforeAll(async () => {
    const coordinator = { name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } };
    site = await startSite([coordinator, { name: 'vast-1' }], ['hex8_2p', 'hex8_4p']);
    const config = await site.configure('alerts', [
      `slack: { incidentChannel: ${channel} }`,
      'roles: { operators: ["T0TEAM/U0ALICE"], approvers: ["T0TEAM/U0BOB"] }',
      'limits: { groupWaitMs: 1500, retryWindowMs: 1500, diskWarnPercent: 100 }',
    ]);
    slack = await startTestSlack();
    const env = {
      SLACK_API_URL: slack.apiUrl,
      SLACK_BOT_TOKEN: botToken,
      SLACK_APP_TOKEN: appToken,
      ALERTS_TOKEN: token,
    };
    startBot = () => startRoot('bot', config, env);
    office = await openOffice(configOf(config));
    [worker, bot] = await Promise.all([startRoot('worker', config), startBot()]);
    unlinkSync(join(site.node('vast-1').modelsDir, aliasName('hex8_2p')));
  });

  afterAll(async () => {
    await bot?.stop();
    await worker?.stop();
    await office?.close();
    await slack?.close();
    await site?.close();
  });

  it('a failure that is still there after the wait is one thread, also when the bot dies during the wait', async () => {
    const failed = (node: string) => event('MODEL_DISTRIBUTION_FAILED', { model_name: 'hex8_2p', node });
    const id = await post(failed('vast-1'));
    await bot.kill();
    bot = await startBot();
    expect(await post(failed('mac-studio'))).toBe(id);
    expect(await post(failed('mac-studio'))).toBe(id);
    await until('people are told', () => rootsAbout('hex8_2p is wrong')[0]);
    await until('the count is told', async () => (await office.incident(id)).seen === 2);
    expect(rootsAbout('hex8_2p')).toHaveLength(1);
    expect((await kindsOf(id)).filter((kind) => kind === 'raised')).toHaveLength(1);
  });

  it('what the cluster mends by itself is told to nobody', async () => {
    const id = await post(event('MODEL_DISTRIBUTION_FAILED', { model_name: 'hex8_4p', error: 'x - retry 1/3' }));
    await until('it is decided', async () => (await kindsOf(id)).includes('settled'));
    expect((await office.incident(id)).status).toBe('resolved');
    expect(rootsAbout('hex8_4p')).toEqual([]);
  });

  it('what nobody can read is told with its text, which can do nothing', async () => {
    const id = await post({ what: '<!channel> at 10.0.0.7' });
    const root = await until('people are told', () => rootsAbout('unrecognised alert')[0]);
    expect(root).toContain('&lt;!channel&gt; at [address]');
    expect((await office.incident(id)).untold).toBe(false);
    // What the next case breaks is not its matter.
    await until('its look has ended', async () => (await office.incident(id)).look !== undefined);
  });

  it('what is silenced is told to nobody until the silence is ended', async () => {
    const alice = slack.as('U0ALICE');
    const words = async (text: string, wanted: RegExp): Promise<string> => {
      const before = alice.ephemerals(channel).length;
      expect(await alice.command(channel, `/models ${text}`)).toEqual({ ok: true });
      const said = await until(text, () =>
        alice
          .ephemerals(channel)
          .slice(before)
          .map((message) => JSON.stringify([message.text, message.blocks]))
          .find((message) => wanted.test(message)),
      );
      return wanted.exec(said)?.[0] ?? '';
    };
    const id = await words('silence hex8_4p for 2h disks are being replaced', /s-[0-9a-f]{8}/);
    unlinkSync(join(site.node('vast-1').modelsDir, aliasName('hex8_4p')));
    const incident = await post(event('MODEL_CORRUPTED', { model_id: 'hex8_4p' }));
    await until('it waits for the end of the silence', async () => (await kindsOf(incident)).includes('waits'));
    expect(rootsAbout('hex8_4p')).toEqual([]);
    expect((await office.incident(incident)).findings).toHaveLength(1);

    await words(`unsilence ${id}`, /is ended/);
    await until('people are told', () => rootsAbout('hex8_4p')[0]);
  });

  const post = (body: object): Promise<string> => postAlert(bot, token, body);

  async function kindsOf(incident: string): Promise<string[]> {
    return (await office.entries(incident)).map(({ event: { kind } }) => kind);
  }

  function rootsAbout(words: string): string[] {
    return slack
      .messages(channel)
      .filter(({ threadTs }) => threadTs === undefined)
      .map(({ text, blocks }) => JSON.stringify([text, blocks]))
      .filter((message) => message.includes(words));
  }
});

function event(kind: string, payload: object): object {
  return { event_type: kind, payload: { ...payload, timestamp: 1 }, source: 'router' };
}
