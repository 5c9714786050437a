import { readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aliasName } from '../../src/demo/fleet/models.ts';
import type { LocalSlack } from '../../src/demo/slack/local-slack.ts';
import type { Message } from '../../src/demo/slack/workspace.ts';
import { appToken, botToken, channel, startTestSlack } from '../slack/support/local.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { postAlert } from '../support/flow/alerts-door.ts';
import { buttonOf } from '../support/flow/button-of.ts';
import { type Root, startRoot } from '../support/flow/children.ts';
import { type Office, openOffice } from '../support/flow/office.ts';
import { configOf, startSite } from '../support/flow/site.ts';
import { until } from '../support/flow/until.ts';

const token = 'a-token';

describe.skipIf(!hasTool('sshd') || !hasTool('redis'))('a new installation that observes', () => {
  let site: Awaited<ReturnType<typeof startSite>>;
  let slack: LocalSlack;
  let office: Office;
  let config: string;
  let roots: Root[] = [];

  const start = async (): Promise<void> => {
    const env = {
      SLACK_API_URL: slack.apiUrl,
      SLACK_BOT_TOKEN: botToken,
      SLACK_APP_TOKEN: appToken,
      ALERTS_TOKEN: token,
    };
    roots = await Promise.all([startRoot('worker', config), startRoot('bot', config, env)]);
  };
  const told = (): readonly Message[] => slack.messages(channel);
  const says = (words: RegExp) => (message: Message) => words.test(JSON.stringify([message.text, message.blocks]));
  const report = (): Message | undefined => told().find(says(/hex8_2p is wrong on 2 of 2 nodes/));
  const thread = (): Message[] => slack.thread(channel, report()?.ts ?? '').slice(1);

  beforeAll(async () => {
    site = await startSite(
      [{ name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } }, { name: 'vast-1' }],
      ['hex8_2p', 'hex8_4p'],
    );
    config = await site.configure('observe', [
      'mode: observe',
      `slack: { incidentChannel: ${channel} }`,
      'roles: { operators: ["T0TEAM/U0ALICE"], approvers: ["T0TEAM/U0BOB"] }',
      'limits: { groupWaitMs: 500, diskWarnPercent: 100 }',
    ]);
    slack = await startTestSlack();
    office = await openOffice(configOf(config));
    unlinkSync(join(site.node('vast-1').modelsDir, aliasName('hex8_2p')));
    await start();
  }, 300_000);
  afterAll(async () => {
    await Promise.all(roots.map((root) => root.stop()));
    await office?.close();
    await slack?.close();
    await site?.close();
  });

  it('tells its first look at everything, once, and of an alert nobody', async () => {
    await until('the report is told', report);
    const bot = roots[1];
    if (bot === undefined) throw new Error('no bot');
    const id = await postAlert(bot, token, {
      event_type: 'MODEL_CORRUPTED',
      payload: { model_id: 'hex8_2p' },
      source: 'x',
    });
    await until('it waits', async () => (await office.entries(id)).some(({ event }) => event.kind === 'waits'));
    expect((await office.incident(id)).untold).toBe(true);
    expect(told().filter(({ threadTs }) => threadTs === undefined)).toHaveLength(1);
  });

  it('names the plans and puts none up, and refuses others with the way out', async () => {
    const button = await until('the button', () => buttonOf(report(), 'dry'));
    expect(await slack.as('U0ALICE').click(channel, report()?.ts ?? '', button)).toEqual({ ok: true });
    const named = await until('the plans are named', () => thread().find(says(/1 plan would mend it/)));
    expect(JSON.stringify(named.blocks)).toMatch(/`[0-9a-f]{8}` set 1 alias/);
    expect(thread().some((message) => buttonOf(message, 'approve') !== undefined)).toBe(false);
    await slack.as('U0ALICE').command(channel, '/models fix hex8_2p');
    const whispers = () => slack.as('U0ALICE').ephemerals(channel);
    await until('a refusal', () => whispers().find(says(/only observes.*set mode: act there/)));
  });

  it('takes what it found as the baseline, which wakes nobody when it acts; the rest does', async () => {
    const button = await until('the button', () => buttonOf(report(), 'baseline'));
    expect(await slack.as('U0BOB').click(channel, report()?.ts ?? '', button)).toEqual({ ok: true });
    await until('it is closed', () => says(/taken as the baseline/)(report() ?? ({} as Message)) || undefined);
    await Promise.all(roots.map((root) => root.stop()));
    writeFileSync(config, readFileSync(config, 'utf8').replace('mode: observe', 'mode: act'));
    await start();
    await until('leaving is told', () =>
      told().find(says(/does not only observe any more.*the mode \(observe (?:=>|=&gt;) act\)/)),
    );
    unlinkSync(join(site.node('vast-1').modelsDir, aliasName('hex8_4p')));
    const bot = roots[1];
    if (bot === undefined) throw new Error('no bot');
    const alert = (model: string) =>
      postAlert(bot, token, { event_type: 'MODEL_DISTRIBUTION_FAILED', payload: { model_name: model }, source: 'x' });
    const [known, other] = [await alert('hex8_2p'), await alert('hex8_4p')];
    await until('the other is told', async () => (await office.incident(other)).untold === false);
    await until('the known one waits', async () => (await office.incident(known)).silencedBy?.includes('the baseline'));
    expect((await office.incident(known)).untold).toBe(true);
  });
});
