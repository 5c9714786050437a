import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Config, loadConfig } from '../../src/config.ts';
import { aliasName, canonicalName } from '../../src/demo/fleet/models.ts';
import type { LocalSlack } from '../../src/demo/slack/local-slack.ts';
import type { Message } from '../../src/demo/slack/workspace.ts';
import type { EventOf } from '../../src/domain/entry.ts';
import { publicHalf } from '../../src/keys/own-keys.ts';
import { createRedisTold } from '../../src/ledger/redis-told.ts';
import { appToken, botToken, channel, startTestSlack } from '../slack/support/local.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { buttonOf } from '../support/flow/button-of.ts';
import { type Root, runMedic, startRoot } from '../support/flow/children.ts';
import { changesOn, forgetChanges, hold, isHeld, pathLine, writeHoldingPrograms } from '../support/flow/held-node.ts';
import { type Office, openOffice } from '../support/flow/office.ts';
import { type RedisServer, startRedisServer } from '../support/flow/redis-server.ts';
import { startSite } from '../support/flow/site.ts';
import { treeOf } from '../support/flow/tree.ts';
import { until } from '../support/flow/until.ts';

const nodes = ['vast-1', 'vast-2', 'vast-3'];
/** A repair that is needed on a node for the third time is offered no more. */
const [FIRST, SECOND, THIRD] = ['vast-1', 'vast-2', 'vast-3'] as const;
const alias = aliasName('hex8_2p');
const [BOB, CAROL, ERIN] = ['T0TEAM/U0BOB', 'T0TEAM/U0CAROL', 'key:erin'];

describe.skipIf(!hasTool('sshd') || !hasTool('redis'))('who may do what, through bot and worker', () => {
  let folder: string;
  let site: Awaited<ReturnType<typeof startSite>>;
  let slack: LocalSlack;
  let redis: RedisServer;
  let file: string;
  let office: Office;
  let bot: Root;
  let worker: Root;
  const startBot = async () => {
    const access = { SLACK_API_URL: slack.apiUrl, SLACK_BOT_TOKEN: botToken, SLACK_APP_TOKEN: appToken };
    const started = await startRoot('bot', file, { ...access, REDIS_URL: redis.url });
    await until('the bot listens', () => slack.connections() > 0);
    return started;
  };
  const startWorker = () => startRoot('worker', file, { REDIS_URL: redis.url });
  const path = (node: string): string => join(site.node(node).modelsDir, alias);
  const tree = (node: string) => treeOf(site.node(node).modelsDir, { withMedic: true });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'medic-rights-'));
    writeHoldingPrograms(join(folder, 'bin'));
    const held = nodes.map((name) => ({ name, config: [pathLine(join(folder, 'bin'))] }));
    site = await startSite([{ name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } }, ...held], ['hex8_2p']);
    redis = await startRedisServer(folder);
    file = await site.configure('rights', [
      `slack: { incidentChannel: ${channel} }`,
      'roles:',
      '  operators: [T0TEAM/U0ALICE]',
      '  approvers: [T0TEAM/S0ONCALL, T0TEAM/U0CAROL, key:erin]',
      '  breakGlass: [T0TEAM/U0CAROL]',
      `  shellKeys: { erin: "${publicHalf(join(folder, 'erin', 'state'))}" }`,
      'approvals: { reversibleFew: 1 }',
      'limits: { diskWarnPercent: 100, changesPerNodeHour: 1000, runWindowMinutes: 1 }',
    ]);
    slack = await startTestSlack({
      userGroups: [{ id: 'S0ONCALL', handle: 'gpu-oncall', name: 'On call', users: ['U0BOB'] }],
    });
    office = await openOffice(configAt(file));
    [worker, bot] = await Promise.all([startWorker(), startBot()]);
    // Who is in the group is asked of Slack when the bot begins.
    await until('the bot has told what it has read', async () =>
      (await office.memory.orders.standing()).setups.has('desk'),
    );
  }, 300_000);

  afterAll(async () => {
    await Promise.all([bot?.stop(), worker?.stop()]);
    await office?.close();
    await slack?.close();
    await redis?.close();
    await site?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('a member of a user group approves by it, whoever is in no group does not, and nobody their own wish', async () => {
    const { prompt, incident } = await asked('U0CAROL', FIRST);
    for (const [who, why] of [
      ['U0ALICE', 'not listed as an approver'],
      ['U0CAROL', 'you asked for it'],
      ['U0GUEST', 'guest'],
    ] as const) {
      await press(who, prompt);
      await until(`${who} sees why`, () => JSON.stringify(slack.as(who).ephemerals(channel)).includes(why));
    }
    expect(await kindsOf(incident)).not.toContain('authorized');
    await press('U0BOB', prompt);
    const receipt = await receiptOf(incident);
    expect(receipt).toMatchObject({ requester: CAROL, approvers: [BOB] });
    const signed = await eventOf(incident, 'authorized');
    // The worker asks no Slack: what the bot knew of the group is in what it signed.
    expect(JSON.stringify(signed?.signed.approval.members)).toContain('S0ONCALL');
    expect(linkOn(FIRST)).toBe(canonicalName('hex8_2p'));
  });

  it('a person with a key of their own approves from a shell, and a shell without one does not', async () => {
    const { incident, hash } = await asked('U0ALICE', SECOND);
    const before = tree(SECOND);
    const stranger = await runMedic(shellOf('mallory'), ['approve', hash], { REDIS_URL: redis.url });
    expect(stranger.exit, stranger.stderr).toBe(3);
    expect(tree(SECOND)).toEqual(before);
    const run = await runMedic(shellOf('erin'), ['approve', hash, '--json'], { REDIS_URL: redis.url });
    expect(run.exit, run.stderr).toBe(0);
    expect(await receiptOf(incident)).toMatchObject({ approvers: [ERIN] });
    expect((await eventOf(incident, 'authorized'))?.signed.key).toBe(ERIN);
    expect(linkOn(SECOND)).toBe(canonicalName('hex8_2p'));
    // What she let run is told where it was asked for.
    await until('the thread has the receipt', async () =>
      JSON.stringify(await threadOf(incident)).includes('approved by'),
    );
  });

  it('broken glass is for those who are named, loud, in the receipt, and reviewed by another person', async () => {
    const { incident, hash } = await asked('U0ALICE', THIRD);
    await say('U0BOB', `approve ${hash} --break-glass I like it fast`);
    await until('Bob sees why not', () => /glass/.test(JSON.stringify(slack.as('U0BOB').ephemerals(channel))));
    expect(await kindsOf(incident)).not.toContain('authorized');
    await say('U0CAROL', `approve ${hash} --break-glass play is down`);
    const receipt = await receiptOf(incident);
    expect(receipt.breakGlass).toEqual({ by: CAROL, reason: 'play is down' });
    const loud = () => slack.messages(channel).find(({ text }) => text.includes('broke the glass'));
    await until('the whole channel is told', () => loud() !== undefined);
    expect(JSON.stringify(loud())).toContain('To be reviewed by');
    await say('U0CAROL', `review ${hash} well done`);
    await until('Carol sees why not', () =>
      JSON.stringify(slack.as('U0CAROL').ephemerals(channel)).includes('you broke the glass'),
    );
    await say('U0BOB', `review ${hash} it was right`);
    await until('the message says who has reviewed it', () => JSON.stringify(loud()).includes('it was right'), 30_000);
  });

  it('what began in time goes on after its time, its later batches too', { timeout: 200_000 }, async () => {
    const both = [FIRST, SECOND];
    const { incident, prompt } = await asked('U0ALICE', ...both);
    for (const node of both) hold(site.home(node), { at: 'before', name: alias });
    await press('U0BOB', prompt);
    const { signed } = await until('it is signed', () => eventOf(incident, 'authorized'));
    const held = () => both.find((node) => isHeld(site.home(node)));
    const canary = await until('the canary is being changed', held);
    // A step may take a minute.
    const endMs = Date.parse(signed.approval.notAfter);
    await until('the window is almost over', () => Date.now() > endMs - 10_000, 60_000);
    hold(site.home(canary), undefined);
    const second = await until('the second batch is being changed', held, 20_000);
    expect(second).not.toBe(canary);
    await until('the window is over', () => Date.now() > endMs + 2_000, 30_000);
    hold(site.home(second), undefined);
    expect((await receiptOf(incident)).targets.map(({ outcome }) => outcome)).toEqual(['verified', 'verified']);
    expect(await kindsOf(incident)).not.toContain('refused');
  });

  it('what did not begin in time does not begin, and it is said', { timeout: 200_000 }, async () => {
    const { incident, prompt } = await asked('U0ALICE', THIRD);
    await worker.stop();
    await press('U0BOB', prompt);
    const { signed } = await until('it is signed', () => eventOf(incident, 'authorized'));
    const before = tree(THIRD);
    await until('the window is over', () => Date.now() > Date.parse(signed.approval.notAfter) + 1_000, 90_000);
    worker = await startWorker();
    const refused = await until('it is refused', () => eventOf(incident, 'refused'), 30_000);
    expect(refused.code).toBe('approval_expired');
    expect(await kindsOf(incident)).not.toContain('execution_started');
    expect(tree(THIRD)).toEqual(before);
    expect(changesOn(site.home(THIRD))).toEqual([]);
    const words = refused.text.slice(0, 30);
    await until('the thread says why', async () => JSON.stringify(await threadOf(incident)).includes(words));
  });

  it('a role that is taken away between the click and the run lets nothing run, and it is said why', {
    timeout: 120_000,
  }, async () => {
    const { incident, prompt } = await asked('U0ALICE', THIRD);
    const before = tree(THIRD);
    await worker.stop();
    await press('U0CAROL', prompt);
    await until('it is signed', () => eventOf(incident, 'authorized'));
    await bot.stop();
    const text = readFileSync(file, 'utf8');
    writeFileSync(
      file,
      text.replace(', T0TEAM/U0CAROL, key', ', key').replace('breakGlass: [T0TEAM/U0CAROL]', 'breakGlass: []'),
    );
    try {
      bot = await startBot();
      const told = () => slack.messages(channel).find((one) => JSON.stringify(one).includes('The configuration'));
      await until('the channel is told what changed', () => told() !== undefined, 30_000);
      expect(JSON.stringify(told())).toContain('roles approvers: T0TEAM/S0ONCALL, T0TEAM/U0CAROL, key:erin');
      worker = await startWorker();
      const refused = await until('it is refused', () => eventOf(incident, 'refused'), 30_000);
      expect(refused.code).toBe('denied');
      expect(refused.text).toContain(CAROL);
      expect(tree(THIRD)).toEqual(before);
      expect(await kindsOf(incident)).not.toContain('execution_started');
      await until('the thread says why', async () => /listed|may not/.test(JSON.stringify(await threadOf(incident))));
    } finally {
      writeFileSync(file, text);
    }
  });

  /** Somebody asks in Slack for the repair of a missing alias; resolves when its prompt is there. */
  async function asked(
    who: string,
    ...on: readonly string[]
  ): Promise<{ prompt: Message; incident: string; hash: string }> {
    const node = on.join(',');
    for (const one of on) {
      rmSync(path(one), { force: true });
      forgetChanges(site.home(one));
    }
    const known = new Set(await office.memory.ledger.recent(50));
    await say(who, `fix on ${node}`);
    const { incident, hash } = await until(`a plan for ${node}`, async () => {
      for (const id of await office.memory.ledger.recent(10)) {
        if (known.has(id)) continue;
        const plan = (await office.incident(id)).prompts.find(({ state }) => state === 'waiting')?.plan;
        if (plan !== undefined) return { incident: id, hash: plan.slice(0, 8) };
      }
      return undefined;
    });
    const prompt = await until(`a prompt for ${node}`, async () =>
      (await threadOf(incident)).find((message) => buttonOf(message, 'approve') !== undefined),
    );
    return { prompt, incident, hash };
  }

  async function say(who: string, words: string): Promise<void> {
    expect(await slack.as(who).command(channel, `/models ${words}`)).toEqual({ ok: true });
  }

  async function press(who: string, message: Message): Promise<void> {
    const button = buttonOf(message, 'approve');
    if (button === undefined) throw new Error('no button');
    await slack.as(who).click(channel, message.ts, button);
  }

  async function threadOf(incident: string): Promise<readonly Message[]> {
    const told = await createRedisTold(office.memory.redis, office.memory.prefix).get(incident);
    const ts = told['root']?.ts ?? '';
    return ts === '' ? [] : slack.thread(channel, ts);
  }

  async function kindsOf(incident: string): Promise<string[]> {
    return (await office.entries(incident)).map(({ event }) => event.kind);
  }

  async function eventOf<K extends 'authorized' | 'refused'>(
    incident: string,
    kind: K,
  ): Promise<EventOf<K> | undefined> {
    const found = (await office.entries(incident)).map(({ event }) => event).filter((event) => event.kind === kind);
    // Only those of this kind are left.
    return found.at(-1) as EventOf<K> | undefined;
  }

  async function receiptOf(incident: string) {
    return until(
      `the receipt of ${incident}`,
      async () => (await office.incident(incident)).executions.at(-1)?.finished,
      60_000,
    );
  }

  function linkOn(node: string): string | undefined {
    return treeOf(site.node(node).modelsDir)[alias]?.replace('-> ', '');
  }

  /** The service's medic.yaml in a folder of this person's own, with the public halves that such a shell is given. */
  function shellOf(person: string): string {
    const own = join(folder, person);
    mkdirSync(join(own, 'state'), { recursive: true, mode: 0o700 });
    for (const halves of ['public', 'workers'])
      cpSync(join(dirname(file), 'state', halves), join(own, 'state', halves), { recursive: true });
    writeFileSync(join(own, 'medic.yaml'), readFileSync(file, 'utf8'), { mode: 0o600 });
    return join(own, 'medic.yaml');
  }

  function configAt(at: string): Config {
    const loaded = loadConfig({ configFile: at, env: { REDIS_URL: redis.url } });
    if (loaded.ok) return loaded.config;
    throw new Error(JSON.stringify(loaded.faults));
  }
});
