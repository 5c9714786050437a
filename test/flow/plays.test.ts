import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { canonicalName, checkpointOf } from '../../src/demo/fleet/models.ts';
import type { LocalSlack } from '../../src/demo/slack/local-slack.ts';
import type { Message } from '../../src/demo/slack/workspace.ts';
import { appToken, botToken, channel, startTestSlack } from '../slack/support/local.ts';
import { serveStatus, statusBody } from '../support/daemon/daemon-home.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { postAlert } from '../support/flow/alerts-door.ts';
import { buttonOf } from '../support/flow/button-of.ts';
import { type Root, startRoot } from '../support/flow/children.ts';
import { type RedisServer, startRedisServer } from '../support/flow/redis-server.ts';
import { startSite } from '../support/flow/site.ts';
import { until } from '../support/flow/until.ts';

const token = 'a-token-of-the-alerts';
const FILE = canonicalName('hex8_2p');
const nodes = Array.from({ length: 8 }, (_, index) => `vast-${index + 1}`);

describe.skipIf(!hasTool('sshd') || !hasTool('redis'))(
  'a night, with bot, worker and Redis killed in the middle',
  () => {
    let site: Awaited<ReturnType<typeof startSite>>;
    let slack: LocalSlack;
    let redis: RedisServer;
    const running: Root[] = [];
    const path = (node: string): string => join(site.node(node).modelsDir, FILE);
    const give = (node: string, generation: number): void =>
      writeFileSync(path(node), checkpointOf('hex8_2p', generation));

    beforeAll(async () => {
      const coordinator = { name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } };
      site = await startSite([coordinator, ...nodes.map((name) => ({ name }))], ['hex8_2p']);
      slack = await startTestSlack();
    });
    afterEach(async () => {
      await Promise.all(running.splice(0).map((root) => root.stop()));
      await redis?.close();
    });
    afterAll(async () => {
      await slack?.close();
      await site?.close();
    });

    /** Bot, worker and Redis of one installation, each of which can be killed and started again. */
    async function install(cluster: string, lines: readonly string[]) {
      const config = await site.configure(cluster, [
        `slack: { incidentChannel: ${channel} }`,
        'roles: { operators: ["T0TEAM/U0ALICE"], approvers: ["T0TEAM/U0BOB"] }',
        ...lines,
      ]);
      const data = join(site.folder, `${cluster}-redis`);
      mkdirSync(data);
      redis = await startRedisServer(data);
      const env = {
        REDIS_URL: redis.url,
        SLACK_API_URL: slack.apiUrl,
        SLACK_BOT_TOKEN: botToken,
        SLACK_APP_TOKEN: appToken,
        ALERTS_TOKEN: token,
      };
      const start = async (name: 'bot' | 'worker'): Promise<Root> => {
        const root = await startRoot(name, config, name === 'bot' ? env : { REDIS_URL: redis.url });
        running.push(root);
        return root;
      };
      let [bot, worker] = await Promise.all([start('bot'), start('worker')]);
      return {
        bot: () => bot,
        async killAll() {
          await worker.kill();
          await redis.killAndStart();
          worker = await start('worker');
          await bot.kill();
          bot = await start('bot');
        },
      };
    }

    const roots = (): Message[] => slack.messages(channel).filter(({ threadTs }) => threadTs === undefined);
    const rootsSaying = (words: RegExp): Message[] => roots().filter((root) => words.test(JSON.stringify(root.blocks)));
    /** The first message that says this; there is no second one. */
    async function told(words: RegExp): Promise<Message> {
      const root = await until('it is told', () => rootsSaying(words)[0], 300_000);
      expect(rootsSaying(words)).toHaveLength(1);
      return root;
    }
    const thread = (root: Message): Message[] => slack.thread(channel, root.ts).slice(1);

    it('a promotion that reaches 5 of 8 nodes is one thread, from what is stuck to what was repaired', async () => {
      const play = await install('stuck', [
        'limits: { groupWaitMs: 500, watchEveryMs: 500, diskWarnPercent: 100 }',
        'daemon: { stuckSeconds: 8 }',
      ]);
      // What was right before is on record.
      for (let look = 0; look < 2; look += 1) {
        expect(await slack.as('U0ALICE').command(channel, '/models check')).toEqual({ ok: true });
        await until('a look is told', () => rootsSaying(/right on all 9 nodes/).length > look);
      }
      give('mac-studio', 2);
      await postAlert(play.bot(), token, {
        event_type: 'MODEL_PROMOTED',
        payload: { config_key: 'hex8_2p', model_path: `models/${FILE}`, timestamp: 1 },
        source: 'auto_promotion_daemon',
      });
      for (const node of nodes.slice(0, 5)) give(node, 2);
      await play.killAll();
      const stuck = /is on 5 of 8 nodes that answer/;
      const root = await told(/hex8_2p is wrong on 4 of 9 nodes/);
      await until('the thread says where it is stuck', () =>
        thread(root).some(({ blocks }) => stuck.test(JSON.stringify(blocks))),
      );
      const approvable = () => thread(root).find((message) => buttonOf(message, 'approve') !== undefined);
      const prompt = await until('the plan comes by itself', approvable);
      await play.killAll();
      for (const person of ['U0ALICE', 'U0BOB'])
        await until(`${person} has approved it`, async () => {
          const button = buttonOf(approvable(), 'approve');
          return button !== undefined && (await slack.as(person).click(channel, prompt.ts, button)).ok;
        });
      await until('it is right', () => rootsSaying(/🟢.*hex8_2p/).some(({ ts }) => ts === root.ts), 300_000);
      for (const node of nodes) expect(readFileSync(path(node)).equals(checkpointOf('hex8_2p', 2)), node).toBe(true);
      expect(rootsSaying(/hex8_2p is wrong|stuck at/)).toEqual([]);
      const texts = thread(root).map(({ text }) => text);
      expect(new Set(texts).size, texts.join('\n')).toBe(texts.length);
    });

    it('a node that goes down is told once, and that it is back in the same thread', async () => {
      for (const node of ['mac-studio', ...nodes]) give(node, 2);
      const status = await serveStatus(() => ({ code: 200, body: statusBody('running') }));
      onTestFinished(() => void status.server.close());
      const play = await install('down', [
        `daemon: { statusUrl: "http://127.0.0.1:${status.port}/status", ledger: null, logs: [], python: false }`,
        'limits: { groupWaitMs: 500, groupIntervalMs: 1000, unreachableMisses: 2, diskWarnPercent: 100 }',
        'schedule: { sweepMs: 5000 }',
      ]);
      await site.node('vast-3').stop();
      const root = await told(/vast-3.*(answer|reach)/);
      await play.killAll();
      await site.node('vast-3').start();
      await until(
        'it is back',
        () => roots().find(({ ts, blocks }) => ts === root.ts && JSON.stringify(blocks).includes('🟢')),
        300_000,
      );
      await play.killAll();
      expect(roots().filter(({ ts }) => Number(ts) >= Number(root.ts))).toHaveLength(1);
    });
  },
);
