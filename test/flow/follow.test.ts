import { appendFileSync, mkdirSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aliasName } from '../../src/demo/fleet/models.ts';
import type { LocalSlack } from '../../src/demo/slack/local-slack.ts';
import type { Incident } from '../../src/domain/incident.ts';
import { appToken, botToken, channel, startTestSlack } from '../slack/support/local.ts';
import { logLine, writeLedger } from '../support/daemon/daemon-home.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { type Root, startRoot } from '../support/flow/children.ts';
import { type Office, openOffice } from '../support/flow/office.ts';
import { configOf, startSite } from '../support/flow/site.ts';
import { until } from '../support/flow/until.ts';

const LOG = 'logs/distribution.log';
const LEDGER = 'data/coordination/delivery_ledger.db';
const models = ['hex8_2p', 'hex8_4p', 'square8_2p'];

describe.skipIf(!hasTool('sshd') || !hasTool('redis'))('the coordinator’s log and ledger, followed', () => {
  let site: Awaited<ReturnType<typeof startSite>>;
  let slack: LocalSlack;
  let office: Office;
  let worker: Root;
  let bot: Root;
  let root: string;
  let start: (name: 'bot' | 'worker') => Promise<Root>;

  beforeAll(async () => {
    const coordinator = { name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } };
    site = await startSite([coordinator, { name: 'vast-1' }], models);
    root = dirname(site.node('mac-studio').modelsDir);
    mkdirSync(join(root, 'logs'), { recursive: true });
    writeFileSync(join(root, LOG), `${logLine('Failed to distribute canonical_hex8_2p.pth to vast-1', 600)}\n`);
    writeLedger(join(root, LEDGER), [{ node: 'vast-1', status: 'failed', agoS: 600, error: 'long ago' }]);
    const config = await site.configure('follow', [
      `slack: { incidentChannel: ${channel} }`,
      'roles: { operators: ["T0TEAM/U0ALICE"], approvers: ["T0TEAM/U0BOB"] }',
      'daemon: { statusPort: 0, python: false }',
      'follow: { log: true, ledger: true, everyMs: 500 }',
      'limits: { groupWaitMs: 1000, retryWindowMs: 1000, diskWarnPercent: 100 }',
    ]);
    slack = await startTestSlack();
    const env = { SLACK_API_URL: slack.apiUrl, SLACK_BOT_TOKEN: botToken, SLACK_APP_TOKEN: appToken };
    start = (name) => startRoot(name, config, name === 'bot' ? env : {});
    office = await openOffice(configOf(config));
    [worker, bot] = await Promise.all([start('worker'), start('bot')]);
    await until('both sources have a position', async () => {
      const positions = await office.memory.redis.hlen(`${office.memory.prefix}:follow-positions`);
      return positions === 2;
    });
  }, 300_000);

  afterAll(async () => {
    await bot?.stop();
    await worker?.stop();
    await office?.close();
    await slack?.close();
    await site?.close();
  });

  const say = (message: string) => appendFileSync(join(root, LOG), `${logLine(message, 0)}\n`);
  const incidents = async (): Promise<readonly Incident[]> =>
    Promise.all((await office.memory.ledger.incidents(50)).map((id) => office.incident(id)));
  const about = async (model: string) =>
    (await incidents()).filter(({ scope }) => scope.models.length === 1 && scope.models[0] === model);

  it('tell what fails from now on, once, through a rotation and a worker that is killed', async () => {
    say('Failed to distribute canonical_hex8_4p.pth to vast-1');
    await until('the line is an incident', async () => (await about('hex8_4p'))[0]);
    await worker.kill();
    say('Failed to distribute canonical_square8_2p.pth to vast-1');
    renameSync(join(root, LOG), join(root, `${LOG}.1`));
    say('Failed to distribute canonical_hex8_4p.pth to vast-1');
    worker = await start('worker');
    await until('the rest of the old file is read', async () => (await about('square8_2p'))[0]);
    await until('the new file is read', async () => (await about('hex8_4p'))[0]?.seen === 2);
    await bot.kill();
    bot = await start('bot');
    await sleep(2_000);
    const all = await incidents();
    expect(all.map(({ openedBy, seen, scope }) => `${openedBy} ${seen} ${scope.models.join()}`).toSorted()).toEqual([
      'alert:log 1 square8_2p',
      'alert:log 2 hex8_4p',
    ]);
    // The files are right: the log’s word alone tells nobody.
    expect(slack.messages(channel)).toEqual([]);
  });

  it('tell a failed delivery that stands in the WAL alone, with what may be why in the thread', async () => {
    unlinkSync(join(site.node('vast-1').modelsDir, aliasName('hex8_2p')));
    writeLedger(join(root, LEDGER), [
      { node: 'vast-1', status: 'failed', agoS: -1, error: 'All transport methods failed' },
    ]);
    const incident = await until(
      'it is told',
      async () => {
        const [one] = await about('hex8_2p');
        return one?.untold === false && one.look !== undefined ? one : undefined;
      },
      300_000,
    );
    expect(incident.openedBy).toBe('alert:ledger');
    expect(incident.look?.report.hypotheses).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          verdict: 'supported',
          words: expect.stringContaining('the distribution daemon is in trouble'),
        }),
      ]),
    );
    const rootMessage = await until('the thread has its findings', () => slack.messages(channel)[0]);
    await until('the cause stands in the thread', () =>
      slack.thread(channel, rootMessage.ts).some(({ blocks }) => JSON.stringify(blocks).includes('_Cause:_')),
    );
    expect(slack.messages(channel)).toHaveLength(1);
  });
});
