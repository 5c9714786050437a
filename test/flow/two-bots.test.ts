import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aliasName } from '../../src/demo/fleet/models.ts';
import type { LocalSlack } from '../../src/demo/slack/local-slack.ts';
import { createRedisTold } from '../../src/ledger/redis-told.ts';
import { appToken, botToken, channel, startTestSlack } from '../slack/support/local.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { postAlert } from '../support/flow/alerts-door.ts';
import { type Root, startRoot } from '../support/flow/children.ts';
import { type Office, openOffice } from '../support/flow/office.ts';
import { configOf, startSite } from '../support/flow/site.ts';
import { until } from '../support/flow/until.ts';

const models = ['hex8_2p', 'hex8_4p', 'square8_2p'] as const;
const LEADS = 'this bot leads"';

describe.skipIf(!hasTool('sshd') || !hasTool('redis'))('two bots on one Redis', () => {
  let site: Awaited<ReturnType<typeof startSite>>;
  let slack: LocalSlack;
  let office: Office;
  let config: string;
  const roots: Root[] = [];
  let leader: Root;
  let other: Root;

  beforeAll(async () => {
    const coordinator = { name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } };
    site = await startSite([coordinator, { name: 'vast-1' }], models);
    config = await site.configure('many', [
      `slack: { incidentChannel: ${channel} }`,
      'roles: { operators: ["T0TEAM/U0ALICE"], approvers: ["T0TEAM/U0BOB"] }',
      'limits: { groupWaitMs: 1000, diskWarnPercent: 100 }',
      'schedule: { sweepMs: 3600000 }',
    ]);
    slack = await startTestSlack();
    office = await openOffice(configOf(config));
    roots.push(await startRoot('worker', config));
    leader = await startBot();
    other = await startBot();
    await until('four sockets', () => slack.connections() === 4);
  }, 300_000);

  afterAll(async () => {
    await Promise.all(roots.map((root) => root.stop()));
    await office?.close();
    await slack?.close();
    await site?.close();
  });

  it('have one that leads, and both take what comes', async () => {
    expect(leader.log()).toContain(LEADS);
    expect(other.log()).not.toContain(LEADS);
    rmSync(join(site.node('vast-1').modelsDir, aliasName('hex8_2p')));
    const incidents = await Promise.all([alert(leader, 'hex8_2p'), alert(other, 'hex8_2p')]);
    expect(new Set(incidents).size).toBe(1);
    await told('hex8_2p');
    expect(rootsAbout('hex8_2p')).toHaveLength(1);
  });

  it.each([
    { model: 'hex8_4p', dies: 'while the incident waits to be told' },
    { model: 'square8_2p', dies: 'as soon as its first message is posted' },
  ] as const)(
    'are followed by the other within seconds when the leader is killed $dies, and nothing is said twice',
    async ({ model, dies }) => {
      rmSync(join(site.node('vast-1').modelsDir, aliasName(model)));
      const incident = await alert(other, model);
      if (dies.startsWith('as soon')) await told(model);
      await leader.kill();
      const killedAt = Date.now();
      await until('the other leads', () => other.log().includes(LEADS), 20_000);
      expect(Date.now() - killedAt, 'within the lease and a moment').toBeLessThan(20_000);
      await told(model);
      await until('the findings are in the thread', async () => {
        const [root] = rootsAbout(model);
        return root !== undefined && slack.thread(channel, root).length > 1;
      });
      expect(rootsAbout(model)).toHaveLength(1);
      const kinds = (await office.entries(incident)).map(({ event }) => event.kind);
      expect(kinds.filter((kind) => kind === 'raised')).toHaveLength(1);
      const [root = ''] = rootsAbout(model);
      const texts = slack.thread(channel, root).map(({ text }) => text);
      expect(new Set(texts).size).toBe(texts.length);
      leader = other;
      other = await startBot();
    },
  );

  it('let nobody speak who has been followed, however late it wakes', async () => {
    const late = createRedisTold(office.memory.redis, office.memory.prefix, 'an owner that was');
    const told = { state: 'posting', channel, ts: '', hash: '', sinceMs: 0 } as const;
    await expect(late.set('i-00000001', 'root', told)).rejects.toThrow('another bot tells now');
    expect(await late.get('i-00000001')).toEqual({});
  });

  async function startBot(): Promise<Root> {
    const bot = await startRoot('bot', config, {
      SLACK_API_URL: slack.apiUrl,
      SLACK_BOT_TOKEN: botToken,
      SLACK_APP_TOKEN: appToken,
      ALERTS_TOKEN: 'a-token',
    });
    roots.push(bot);
    return bot;
  }

  function alert(bot: Root, model: string): Promise<string> {
    return postAlert(bot, 'a-token', { title: `${model} failed on vast-1` });
  }

  function rootsAbout(model: string): string[] {
    return slack
      .messages(channel)
      .filter((message) => message.threadTs === undefined && JSON.stringify(message.blocks).includes(`${model} failed`))
      .map(({ ts }) => ts);
  }

  async function told(model: string): Promise<void> {
    await until(`${model} is told`, () => rootsAbout(model).length > 0, 40_000);
  }
});
