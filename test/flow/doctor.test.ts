import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalSlack } from '../../src/demo/slack/local-slack.ts';
import type { Message } from '../../src/demo/slack/workspace.ts';
import { type EmbeddedRedis, startEmbeddedRedis } from '../../src/redis/embedded-redis.ts';
import { appToken, botToken, channel, startTestSlack } from '../slack/support/local.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { buttonOf } from '../support/flow/button-of.ts';
import { type Root, runMedic, startRoot } from '../support/flow/children.ts';
import { configOf, me, startSite } from '../support/flow/site.ts';
import { until } from '../support/flow/until.ts';

const ABSENT = 'C0NOWHERE';
const textOf = (messages: readonly Message[]) =>
  messages.map(({ text, blocks }) => `${text} ${JSON.stringify(blocks)}`).join('\n');

describe.skipIf(!hasTool('sshd') || !hasTool('redis'))('doctor', () => {
  let site: Awaited<ReturnType<typeof startSite>>;
  let slack: LocalSlack;
  let redis: EmbeddedRedis;
  let config: string;
  const onCall: string[] = [];
  const roots: Root[] = [];

  beforeAll(async () => {
    const coordinator = { name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } };
    site = await startSite([coordinator, { name: 'vast-1' }, { name: 'vast-2' }], ['hex8_2p']);
    const lines = [
      `slack: { incidentChannel: ${channel}, watchChannels: [${ABSENT}] }`,
      `roles: { operators: [], approvers: ["${me}", "T0TEAM/S0ONCALL"] }`,
      'approvals: { selfApproval: cli }',
    ];
    config = await site.configure('doctor', lines, ['hex8_2p']);
    slack = await startTestSlack({
      userGroups: [{ id: 'S0ONCALL', handle: 'oncall', name: 'On call', users: onCall }],
    });
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
    await until('the first half', () => told().includes(`medic is not in channel ${ABSENT}`));
    expect(told()).toContain('no worker has answered yet');
    expect(told()).toContain('✓ the app has the');
    expect(told()).toContain('✗ nobody is in user group T0TEAM/S0ONCALL');
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

  it('makes both halves again, in the same thread, when *Diagnose again* is pressed', async () => {
    await site.node('vast-2').stop();
    const threads = () => slack.messages(channel).filter(({ threadTs }) => threadTs === undefined);
    const before = threads().length;
    await slack.as('U0ALICE').command(channel, '/models doctor');
    const root = await until('a thread with the button', () =>
      threads()
        .slice(before)
        .find((message) => buttonOf(message, 'again') !== undefined),
    );
    const said = () => textOf(slack.thread(channel, root.ts));
    await until('both halves', () => said().includes('start sshd there'));
    expect(said()).toContain('✗ nobody is in user group T0TEAM/S0ONCALL');
    onCall.push('U0BOB');
    await site.node('vast-2').start();
    const button = buttonOf(root, 'again') ?? { action_id: '', block_id: '' };
    expect(await slack.as('U0ALICE').click(channel, root.ts, button)).toEqual({ ok: true });
    await until("the bot's half", () => said().includes('✓ 1 person in user group T0TEAM/S0ONCALL'));
    await until("the worker's half", () => said().includes('3 nodes answer over SSH'));
    expect(said()).not.toContain('nobody is in user group');
    expect(threads()).toHaveLength(before + 1);
  });

  const told = (): string => textOf(slack.messages(channel).flatMap(({ ts }) => slack.thread(channel, ts)));
});
