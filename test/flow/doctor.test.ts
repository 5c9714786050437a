import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalSlack } from '../../src/demo/slack/local-slack.ts';
import { type EmbeddedRedis, startEmbeddedRedis } from '../../src/redis/embedded-redis.ts';
import { appToken, botToken, channel, startTestSlack } from '../slack/support/local.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { type Root, runMedic, startRoot } from '../support/flow/children.ts';
import { configOf, soleApprover, startSite } from '../support/flow/site.ts';
import { until } from '../support/flow/until.ts';

const ABSENT = 'C0NOWHERE';

describe.skipIf(!hasTool('sshd') || !hasTool('redis'))('doctor', () => {
  let site: Awaited<ReturnType<typeof startSite>>;
  let slack: LocalSlack;
  let redis: EmbeddedRedis;
  let config: string;
  const roots: Root[] = [];

  beforeAll(async () => {
    const coordinator = { name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } };
    site = await startSite([coordinator, { name: 'vast-1' }, { name: 'vast-2' }], ['hex8_2p']);
    const lines = [`slack: { incidentChannel: ${channel}, watchChannels: [${ABSENT}] }`, ...soleApprover];
    config = await site.configure('doctor', lines, ['hex8_2p']);
    slack = await startTestSlack();
    redis = await startEmbeddedRedis({ stateDir: configOf(config).stateDir });
  }, 300_000);

  afterAll(async () => {
    await Promise.all(roots.map((root) => root.stop()));
    await redis?.close();
    await slack?.close();
    await site?.close();
  });

  it('joins what the shell and its worker find, and does not call Slack fine', async () => {
    const { exit, stdout } = await runMedic(config, ['doctor']);
    expect(stdout).toContain('? Slack: not asked: no Slack token is set here');
    expect(stdout).toContain('✓ Redis writes every change to a file (AOF)');
    expect(stdout).toContain('✓ known_hosts has a key for every address of 3 nodes');
    expect(stdout).toContain('✓ 3 nodes answer over SSH');
    expect(stdout).toContain('✓ the worker verifies approvals of shell');
    expect(stdout).not.toContain('✗');
    expect(exit).toBe(0);
  });

  it('says what to do about a silent node (unknown: 4) and an open folder (wrong: 1)', async () => {
    await site.node('vast-2').stop();
    const silent = await runMedic(config, ['doctor', '--json']);
    expect(silent.exit).toBe(4);
    expect(silent.json['unknown']).toMatchObject([{ node: 'vast-2', reason: 'refused' }]);
    expect(JSON.stringify(silent.json['doctor'])).toContain('start sshd there');
    chmodSync(join(configOf(config).stateDir), 0o777);
    const open = await runMedic(config, ['doctor']);
    chmodSync(join(configOf(config).stateDir), 0o700);
    expect(open.stdout).toContain('✗ the state folder of the worker may be written by others');
    expect(open.exit).toBe(1);
    await site.node('vast-2').start();
  });

  it('tells in Slack which channel shows it nothing, and of the worker only when one has answered', async () => {
    const env = { SLACK_API_URL: slack.apiUrl, SLACK_BOT_TOKEN: botToken, SLACK_APP_TOKEN: appToken };
    const bot = await startRoot('bot', config, env);
    roots.push(bot);
    await slack.as('U0ALICE').command(channel, '/models doctor');
    const told = () =>
      slack
        .messages(channel)
        .flatMap(({ ts }) => slack.thread(channel, ts))
        .map(({ text, blocks }) => `${text} ${JSON.stringify(blocks)}`)
        .join('\n');
    await until('the first half', () => told().includes(`medic is not in channel ${ABSENT}`));
    expect(told()).toContain('no worker has answered yet');
    expect(told()).toContain('✓ the app has the');
    expect(told()).toContain('POST /alerts refuses everything');
    roots.push(await startRoot('worker', config));
    await until('the second half', () => told().includes('3 nodes answer over SSH'));
    expect(told()).not.toContain('no worker has answered yet');
    const { port } = bot.greeting as { readonly port: number };
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(metrics).toContain('medic_slack_calls_total{method="auth.test",result="ok"}');
    expect(metrics).toContain('medic_queue_jobs{cluster="doctor",queue="check",state="waiting"} 0');
    expect(metrics).toContain('medic_incidents{cluster="doctor",state="open"} 0');
    expect(metrics).toMatch(/^medic_slack_sockets [12]$/m);
    expect(metrics).toContain('medic_readings_failed_total 0');
  });
});
