import { unlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aliasName, canonicalName, checkpointOf } from '../../src/demo/fleet/models.ts';
import type { LocalSlack } from '../../src/demo/slack/local-slack.ts';
import type { Message } from '../../src/demo/slack/workspace.ts';
import { appToken, botToken, channel, startTestSlack } from '../slack/support/local.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { buttonOf } from '../support/flow/button-of.ts';
import { type Root, startRoot } from '../support/flow/children.ts';
import { changesOn, hold, isHeld, pathLine, writeHoldingPrograms } from '../support/flow/held-node.ts';
import { type Office, openOffice } from '../support/flow/office.ts';
import { configOf, startSite } from '../support/flow/site.ts';
import { treeOf } from '../support/flow/tree.ts';
import { until } from '../support/flow/until.ts';

const alias = aliasName('hex8_2p');
const nodes = ['vast-1', 'vast-2', 'vast-3', 'vast-4', 'vast-5', 'vast-6'];
const STABLE_MS = 1_500;

describe.skipIf(!hasTool('sshd') || !hasTool('redis'))('a bot killed with SIGKILL between approval and result', () => {
  let bin: string;
  let site: Awaited<ReturnType<typeof startSite>>;
  let slack: LocalSlack;
  let office: Office;
  let worker: Root;
  let bot: Root;
  let startBot: () => Promise<Root>;
  /** What the thread reads like when nobody dies. */
  let undisturbed: string[];

  beforeAll(async () => {
    bin = await mkdtemp(join(tmpdir(), 'medic-held-'));
    writeHoldingPrograms(bin);
    const coordinator = { name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } };
    site = await startSite([coordinator, ...nodes.map((name) => ({ name, config: [pathLine(bin)] }))], ['hex8_2p']);
    const config = await site.configure('told', [
      `slack: { incidentChannel: ${channel} }`,
      'roles: { operators: ["T0TEAM/U0ALICE"], approvers: ["T0TEAM/U0BOB"] }',
      'approvals: { replace: 1 }',
    ]);
    slack = await startTestSlack();
    const env = { SLACK_API_URL: slack.apiUrl, SLACK_BOT_TOKEN: botToken, SLACK_APP_TOKEN: appToken };
    startBot = async () => {
      const started = await startRoot('bot', config, env);
      await until('the bot listens', () => slack.connections() > 0);
      return started;
    };
    office = await openOffice(configOf(config));
    [worker, bot] = await Promise.all([startRoot('worker', config), startBot()]);
    const { root, prompt, incident } = await askedFor('vast-1');
    await press('U0BOB', prompt, 'approve');
    undisturbed = await settledThread(root, incident);
  });

  afterAll(async () => {
    await bot?.stop();
    await worker?.stop();
    await office?.close();
    await slack?.close();
    await site?.close();
    await rm(bin, { recursive: true, force: true });
  });

  it('is a story with a prompt and a receipt when nobody dies', () => {
    expect(undisturbed.length).toBeGreaterThanOrEqual(3);
    expect(undisturbed.join('\n')).toContain('RECEIPT');
    expect(undisturbed.join('\n')).not.toContain('"approve"');
  });

  it.each([
    { node: 'vast-2', dies: 'while the worker changes the node, which ends before it is back', until: 'held' },
    { node: 'vast-3', dies: 'as soon as the press is on record', until: 'approved' },
    { node: 'vast-4', dies: 'as soon as the approval is signed', until: 'authorized' },
    { node: 'vast-5', dies: 'as soon as the receipt is written', until: 'executed' },
  ])('$dies: the thread is completed, nothing is said or done twice', async ({ node, until: moment }) => {
    if (moment === 'held') hold(site.home(node), { at: 'before', name: alias });
    const { root, prompt, incident } = await askedFor(node);
    // The press may die with the bot: then Slack tells the person, and the button is still there.
    const pressing = press('U0BOB', prompt, 'approve').catch(() => undefined);
    await until(`the moment “${moment}” on ${node}`, async () => {
      if (moment === 'held') return isHeld(site.home(node));
      return (await office.entries(incident)).some(({ event }) => event.kind === moment);
    });
    await bot.kill();
    hold(site.home(node), undefined);
    if (moment === 'held')
      await until('the worker ends alone', async () => (await kindsOf(incident)).includes('executed'));
    bot = await startBot();
    await pressing;
    await until(
      `${node} is repaired`,
      async () => {
        const waiting = (await office.incident(incident)).prompts.some(({ state }) => state === 'waiting');
        const button = waiting
          ? buttonOf(
              slack.thread(channel, root).find(({ ts }) => ts === prompt.ts),
              'approve',
            )
          : undefined;
        if (button !== undefined) await slack.as('U0BOB').click(channel, prompt.ts, button);
        return (await kindsOf(incident)).includes('executed');
      },
      40_000,
    );
    expect(await settledThread(root, incident)).toEqual(undisturbed);
    const kinds = await kindsOf(incident);
    for (const once of ['authorized', 'execution_started', 'executed'])
      expect(
        kinds.filter((kind) => kind === once),
        once,
      ).toHaveLength(1);
    expect(changesOn(site.home(node))).toEqual([alias]);
    expect(treeOf(site.node(node).modelsDir)[alias]).toBe(`-> ${canonicalName('hex8_2p')}`);
    expect((await office.incident(incident)).status).toBe('resolved');
    // A dead bot acknowledges nothing, and the new one does not know how fast the old one posted: Slack slows it down.
    const byDeath = ['late_ack', 'no_ack'];
    const real = slack.violations.filter(({ kind, error }) => !byDeath.includes(kind) && error !== 'ratelimited');
    expect(real).toEqual([]);
  });

  it('died between the last yes and its signature: the next one signs and hands over', async () => {
    const { root, prompt, incident } = await askedFor('vast-6');
    await bot.kill();
    const [request] = (await office.incident(incident)).prompts;
    if (request === undefined) throw new Error('no request');
    // The last entry that the dead bot wrote.
    await office.memory.ledger.append(incident, { kind: 'approved', request: request.request, by: 'T0TEAM/U0BOB' });
    bot = await startBot();
    await until('the plan is run', async () => (await kindsOf(incident)).includes('executed'));
    expect(await settledThread(root, incident)).toEqual(undisturbed);
    expect(
      buttonOf(
        slack.thread(channel, root).find(({ ts }) => ts === prompt.ts),
        'approve',
      ),
    ).toBeUndefined();
    expect(changesOn(site.home('vast-6'))).toEqual([alias]);
  });

  /** Alice asks for the repair of a file in the place of an alias; resolves when the prompt is in the thread. */
  async function askedFor(node: string): Promise<{ root: string; prompt: Message; incident: string }> {
    const path = join(site.node(node).modelsDir, alias);
    unlinkSync(path);
    writeFileSync(path, checkpointOf('hex8_2p', 7));
    const known = new Set(rootsNow().map(({ ts }) => ts));
    expect(await slack.as('U0ALICE').command(channel, `/models fix on ${node}`)).toEqual({ ok: true });
    const root = await until(`a thread about ${node}`, () => rootsNow().find(({ ts }) => !known.has(ts))?.ts);
    const prompt = await until(`a prompt about ${node}`, () =>
      slack.thread(channel, root).find((message) => buttonOf(message, 'approve') !== undefined),
    );
    const [incident] = await office.memory.ledger.recent(1);
    if (incident === undefined) throw new Error('no incident');
    return { root, prompt, incident };
  }

  function rootsNow(): Message[] {
    return slack.messages(channel).filter(({ threadTs }) => threadTs === undefined);
  }

  async function press(who: string, message: Message, action: string): Promise<void> {
    const button = buttonOf(message, action);
    if (button === undefined) throw new Error(`no button ${action}`);
    await slack.as(who).click(channel, message.ts, button);
  }

  async function kindsOf(incident: string): Promise<string[]> {
    return (await office.entries(incident)).map(({ event }) => event.kind);
  }

  /** The thread once the incident is resolved and it has not changed for a while, without ids, times, the node's name and the trail's mark, which may come later. */
  async function settledThread(root: string, incident: string): Promise<string[]> {
    await until(`${incident} is resolved`, async () => (await office.incident(incident)).status === 'resolved');
    let seen = '';
    let since = Date.now();
    return until('the thread rests', async () => {
      const now = threadNow(root);
      if (JSON.stringify(now) !== seen) {
        seen = JSON.stringify(now);
        since = Date.now();
      }
      await pause(50);
      return now[0]?.includes('resolved') && seen.includes('RECEIPT') && Date.now() - since > STABLE_MS
        ? now
        : undefined;
    });
  }

  function threadNow(root: string): string[] {
    return slack.thread(channel, root).map(plain);
  }
});

function plain({ text, blocks }: Message): string {
  return JSON.stringify([text, blocks], (key, value) => (key === 'block_id' ? undefined : value))
    .replace(/\br-[0-9a-f]{8}\b/g, 'RECEIPT')
    .replace(/\bi-[0-9a-f]{8}\b/g, 'INCIDENT')
    .replace(/\b[0-9a-f]{32}\b/g, 'REQUEST')
    .replace(/ · trail \d+:[0-9a-f]{8}/g, '')
    .replace(/\b[0-9a-f]{8}\b/g, 'HASH')
    .replace(/<!date[^>]*>|\b\d\d:\d\d(:\d\d)?( UTC)?/g, 'TIME')
    .replace(/\b\d+(\.\d+)? (ms|s|min|h)\b( \d+ (s|min)\b)?/g, 'DURATION')
    .replace(/vast-\d/g, 'NODE');
}
