import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalSlack } from '../../src/demo/slack/local-slack.ts';
import type { Message } from '../../src/demo/slack/workspace.ts';
import type { ModelRecord } from '../../src/domain/expected.ts';
import { type EmbeddedRedis, startEmbeddedRedis } from '../../src/redis/embedded-redis.ts';
import { appToken, botToken, channel, startTestSlack } from '../slack/support/local.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { listIn, objectIn } from '../support/flow/answer-fields.ts';
import { type Root, runMedic, startRoot } from '../support/flow/children.ts';
import { type Office, openOffice } from '../support/flow/office.ts';
import { configOf, startSite } from '../support/flow/site.ts';
import { until } from '../support/flow/until.ts';

const RECORDS = 1_000;
const START = Date.parse('2026-03-01T00:00:00Z');
const digestAt = (index: number): string => index.toString(16).padStart(8, '0').padEnd(64, 'e');
const iso = (ms: number): string => new Date(ms).toISOString();
const contentOf = async (message: Message | undefined): Promise<string> =>
  (await fetch(String(message?.files[0]?.['url_private']))).text();

describe.skipIf(!hasTool('sshd') || !hasTool('redis'))('a thousand digests of one model', () => {
  let site: Awaited<ReturnType<typeof startSite>>;
  let slack: LocalSlack;
  let redis: EmbeddedRedis;
  let config: string;
  let office: Office;
  let bot: Root;

  beforeAll(async () => {
    site = await startSite([{ name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } }], ['hex8_2p']);
    const lines = [
      `slack: { incidentChannel: ${channel} }`,
      'roles: { operators: ["T0TEAM/U0ALICE"], approvers: ["T0TEAM/U0BOB"] }',
    ];
    config = await site.configure('history', lines, ['hex8_2p']);
    slack = await startTestSlack();
    redis = await startEmbeddedRedis({ stateDir: configOf(config).stateDir });
    office = await openOffice(configOf(config));
    const [current = null, ...earlier] = Array.from({ length: RECORDS }, (_, index) => ({
      digest: digestAt(index),
      bytes: 40_000_000,
      mtimeS: Math.floor(START / 1_000) + index * 60,
      since: iso(START + index * 60_000),
      from: 'mac-studio',
      by: 'seen on the coordinator',
      provisional: false,
    })).toReversed();
    const record: ModelRecord = { model: 'hex8_2p', current, candidate: null, earlier };
    expect(await office.memory.records.replace(await office.memory.records.get('hex8_2p'), record)).toBe(true);
    const env = { SLACK_API_URL: slack.apiUrl, SLACK_BOT_TOKEN: botToken, SLACK_APP_TOKEN: appToken };
    bot = await startRoot('bot', config, env);
    await until('the bot listens', () => slack.connections() > 0);
  }, 300_000);

  afterAll(async () => {
    await bot?.stop();
    await office?.close();
    await redis?.close();
    await slack?.close();
    await site?.close();
  });

  it('are one answer in Slack for who typed the command, and a file in their own conversation', async () => {
    const alice = slack.as('U0ALICE');
    expect(await alice.command(channel, '/models history hex8_2p')).toEqual({ ok: true });
    const answer = await until('the answer', () => alice.ephemerals(channel)[0]);
    const words = JSON.stringify(answer.blocks) + answer.text;
    expect(words).toContain('1,000 digests on record');
    expect(words).toContain(digestAt(RECORDS - 1).slice(0, 8));
    expect(words).toContain('and 980 earlier ones');
    expect(words).toContain('a file in your direct messages');
    expect(alice.ephemerals(channel)).toHaveLength(1);
    expect(slack.messages(channel)).toEqual([]);
    const [shared, ...more] = alice.direct();
    expect(more).toEqual([]);
    const content = await contentOf(shared);
    expect(content.trimEnd().split('\n')).toHaveLength(RECORDS + 1);
    expect(content).toContain(digestAt(0).slice(0, 8));
  });

  it('are one file in the thread of who mentions the app', async () => {
    const ts = slack.as('U0ALICE').say(channel, '@medic history hex8_2p').ts;
    const shared = await until('the file', () => slack.thread(channel, ts).find((message) => message.files.length > 0));
    expect(slack.thread(channel, ts)).toHaveLength(2);
    expect((await contentOf(shared)).trimEnd().split('\n')).toHaveLength(RECORDS + 1);
  });

  it('answer in the shell, whole as JSON, and right at the second before, of and after each change', async () => {
    const all = await runMedic(config, ['history', 'hex8_2p', '--json']);
    expect(all.exit, all.stderr).toBe(0);
    expect(listIn(all.json['history'])).toHaveLength(RECORDS);
    const at = async (ms: number) =>
      objectIn((await runMedic(config, ['history', 'hex8_2p', '--at', iso(ms), '--json'])).json['expected'])['digest'];
    const change = START + 500 * 60_000;
    expect([await at(change - 1_000), await at(change), await at(change + 1_000)]).toEqual([
      digestAt(499),
      digestAt(500),
      digestAt(500),
    ]);
  });
});
