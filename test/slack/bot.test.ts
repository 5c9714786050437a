import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { WebClient } from '@slack/web-api';
import { afterEach, describe, expect, it } from 'vitest';
import type { ApprovalDesk, Decision, Reply } from '../../src/contract/command.ts';
import type { HomeFacts } from '../../src/contract/home.ts';
import type { Ledger } from '../../src/contract/ledger.ts';
import type { LocalSlack } from '../../src/demo/slack/local-slack.ts';
import type { Message } from '../../src/demo/slack/workspace.ts';
import type { Entry, Event } from '../../src/domain/entry.ts';
import { incidentOf } from '../../src/domain/incident.ts';
import { drawSvg } from '../../src/pictures/draw-svg.ts';
import { createSlackBot, type SlackBot } from '../../src/slack/bot.ts';
import type { Wish } from '../../src/slack/wishes.ts';
import {
  approvedAndBegun,
  bob,
  carol,
  checked,
  executed,
  scope as foundScope,
  foundThree,
  linkPlan,
  opened,
  planned,
  policy,
  request,
  result,
} from './support/incidents.ts';
import {
  appToken,
  botToken,
  channel,
  fastLimits,
  fastRates,
  memoryLogger,
  memorySeen,
  memoryTold,
  signingSecret,
  startTestSlack,
  until,
} from './support/local.ts';

const incidentId = 'i-00000001';
const plan = linkPlan();
const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

const emptyHome: HomeFacts = {
  cluster: 'ringrift',
  at: '2026-01-05T03:12:00.000Z',
  incidents: [],
  waiting: [],
  look: undefined,
  standing: { locks: [], readonly: undefined },
  silences: [],
  receipts: [],
};

/** The part of the ledger that the Slack side uses, in memory. */
function memoryLedger() {
  const entries: Entry[] = [];
  const ledger: Pick<Ledger, 'append' | 'entries' | 'ofRequest' | 'ofReceipt'> & { readonly all: Entry[] } = {
    all: entries,
    append(incident, event) {
      const entry: Entry = {
        id: `${entries.length + 1}-0`,
        incident,
        at: new Date(Date.parse('2026-01-05T03:12:00Z') + entries.length * 1_000).toISOString(),
        event,
      };
      entries.push(entry);
      return Promise.resolve(entry);
    },
    entries: (incident) => Promise.resolve(entries.filter((entry) => entry.incident === incident)),
    ofRequest: (id) =>
      Promise.resolve(entries.find(({ event }) => event.kind === 'requested' && event.request === id)?.incident),
    ofReceipt: (id) =>
      Promise.resolve(
        entries.find(({ event }) => event.kind === 'execution_started' && event.receipt === id)?.incident,
      ),
  };
  return ledger;
}

async function started(
  options: {
    readonly run?: (wish: Wish) => Promise<Reply>;
    readonly decide?: (who: string) => Decision;
    readonly http?: boolean;
    readonly connections?: number;
  } = {},
) {
  const wishes: Wish[] = [];
  const decisions: string[] = [];
  const ledger = memoryLedger();
  const told = memoryTold();
  const logger = memoryLogger();
  const decide = options.decide ?? (() => ({ kind: 'running', incident: incidentId }) as const);
  const desk: Pick<ApprovalDesk, 'approve' | 'reject'> = {
    approve: (id, who) => {
      decisions.push(`approve ${id} ${who}`);
      return Promise.resolve(decide(who));
    },
    reject: (id, who, reason) => {
      decisions.push(`reject ${id} ${who} ${reason}`);
      return Promise.resolve({ kind: 'rejected', incident: incidentId });
    },
  };
  let bot: SlackBot | undefined;
  let requestUrl: string | undefined;
  if (options.http === true) {
    const server = createServer((incoming, outgoing) => {
      if (bot?.handleHttp(incoming, outgoing) !== true) outgoing.writeHead(404).end('not for Slack');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    open.push(() => new Promise((resolve) => server.close(resolve)));
    const address = server.address();
    requestUrl = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/slack/events`;
  }
  const slack = await startTestSlack({ limits: fastLimits, ...(requestUrl === undefined ? {} : { requestUrl }) });
  open.push(() => slack.close());
  const cluster = { name: 'ringrift', incidentChannel: channel, policy: () => policy, told };
  bot = createSlackBot({
    tokens: options.http === true ? { botToken, signingSecret } : { botToken, appToken },
    apiUrl: slack.apiUrl,
    clusters: [cluster],
    draw: drawSvg,
    ledger,
    run(wish) {
      wishes.push(wish);
      return options.run?.(wish) ?? Promise.resolve({ kind: 'said', lines: ['all well'], exit: 0 });
    },
    home: async () => [emptyHome],
    rightOf: (text) => (/^(fix|approve|reject)/.test(text) ? 'operate' : 'look'),
    desk,
    seen: memorySeen(),
    logger,
    rates: fastRates,
    debounceMs: 0,
    patience: { graceMs: 50, retryMs: 50, settleMs: 1_000 },
    ...(options.connections === undefined ? {} : { connections: options.connections }),
  });
  const running = bot;
  open.push(() => running.stop());
  await running.start();
  const telling = running.telling(cluster);
  const tell = async (events: readonly Event[]): Promise<void> => {
    for (const event of events) await ledger.append(incidentId, event);
    const incident = incidentOf(await ledger.entries(incidentId));
    if (incident !== undefined) telling.tell(incident);
    await telling.idle();
  };
  return { bot: running, slack, wishes, decisions, ledger, told, logger, tell, requestUrl };
}

function rootOf(slack: LocalSlack): Message {
  const [root] = slack.messages(channel);
  if (root === undefined) throw new Error('there is no root message');
  return root;
}

function promptOf(slack: LocalSlack): Message {
  const prompt = slack.thread(channel, rootOf(slack).ts).find(({ text }) => text.startsWith('Plan '));
  if (prompt === undefined) throw new Error('there is no prompt');
  return prompt;
}

const whispers = (slack: LocalSlack, user: string): readonly Message[] => slack.as(user).ephemerals(channel);
const asked: Event[] = [opened, foundThree, ...planned(plan, 1)];

describe('a slash command', () => {
  it('is run with who and where, and answered to the person alone', async () => {
    const { slack, wishes } = await started({
      run: () => Promise.resolve({ kind: 'said', lines: ['8 nodes', '  vast-1  <ok>'], exit: 0 }),
    });
    expect(await slack.as('U0ALICE').command(channel, '/models nodes —gpu')).toEqual({ ok: true });
    const [answer] = await until('an answer', () =>
      whispers(slack, 'U0ALICE').length > 0 ? whispers(slack, 'U0ALICE') : undefined,
    );
    expect(wishes).toEqual([{ who: 'T0TEAM/U0ALICE', text: 'nodes —gpu', place: { channel } }]);
    expect(answer?.text).toBe('8 nodes');
    expect(JSON.stringify(answer?.blocks)).toContain('  vast-1  <ok>');
    expect(whispers(slack, 'U0BOB')).toEqual([]);
    expect(slack.messages(channel)).toEqual([]);
    expect(slack.violations).toEqual([]);
  });

  it('is acknowledged at once, however long it takes', async () => {
    const { slack } = await started({
      run: () => new Promise((resolve) => setTimeout(() => resolve({ kind: 'said', lines: ['late'], exit: 0 }), 400)),
    });
    const before = Date.now();
    expect(await slack.as('U0ALICE').command(channel, '/models status')).toEqual({ ok: true });
    expect(Date.now() - before).toBeLessThan(300);
    await until('the late answer', () => whispers(slack, 'U0ALICE').length > 0);
  });

  it('shows a refusal in its own words, made harmless', async () => {
    const { slack } = await started({
      run: () =>
        Promise.resolve({
          kind: 'refused',
          refusal: { code: 'node_unknown', text: '"<!channel>" is no node of this cluster. Nothing was run.' },
        }),
    });
    await slack.as('U0ALICE').command(channel, '/models check on x');
    const [answer] = await until('an answer', () =>
      whispers(slack, 'U0ALICE').length > 0 ? whispers(slack, 'U0ALICE') : undefined,
    );
    expect(answer?.text).toBe('"&lt;!channel&gt;" is no node of this cluster. Nothing was run.');
  });

  it('says nothing more when the story appears in the same channel, and links to it from elsewhere', async () => {
    const here: { tell?: (events: readonly Event[]) => Promise<void> } = {};
    const { slack, tell } = await started({
      run: async () => {
        await here.tell?.([opened, foundThree]);
        return { kind: 'begun', incident: incidentId, until: 'checked', since: '1-0' };
      },
    });
    here.tell = tell;
    await slack.as('U0ALICE').command(channel, '/models check');
    await until('the root', () => slack.messages(channel).length > 0);
    expect(whispers(slack, 'U0ALICE')).toEqual([]);
    here.tell = async () => undefined;
    await slack.as('U0ALICE').command(channel, '/models fix');
    const [answer] = await until('a link', () =>
      whispers(slack, 'U0ALICE').length > 0 ? whispers(slack, 'U0ALICE') : undefined,
    );
    expect(answer?.text).toMatch(/^On it, in <http[^|]*\|the thread of i-00000001>\.$/);
    // The first command was answered by its thread alone.
    expect(whispers(slack, 'U0ALICE')).toHaveLength(1);
  });

  it('lets a guest look and changes nothing for one', async () => {
    const { slack, wishes } = await started();
    await slack.as('U0GUEST').command(channel, '/models fix hex8_2p');
    const [answer] = await until('a refusal', () =>
      whispers(slack, 'U0GUEST').length > 0 ? whispers(slack, 'U0GUEST') : undefined,
    );
    expect(answer?.text).toBe(
      "You can't do this: you are a guest in this workspace. Nothing was run. An operator of this workspace can.",
    );
    expect(wishes).toEqual([]);
    await slack.as('U0GUEST').command(channel, '/models status');
    await until('a look', () => wishes.length === 1);
  });

  it('says so when our side fails', async () => {
    const { slack } = await started({ run: () => Promise.reject(new Error('redis is gone')) });
    await slack.as('U0ALICE').command(channel, '/models status');
    const [answer] = await until('an answer', () =>
      whispers(slack, 'U0ALICE').length > 0 ? whispers(slack, 'U0ALICE') : undefined,
    );
    expect(answer?.text).toContain('Something failed on our side; nothing was run.');
  });
});

describe('a mention', () => {
  it('in a thread is a command about that incident, answered in the thread', async () => {
    const { slack, wishes, tell } = await started();
    await tell([opened, foundThree]);
    slack.as('U0BOB').say(channel, '@medic receipt r-0412aa07', rootOf(slack).ts);
    await until('an answer', () => slack.thread(channel, rootOf(slack).ts).some(({ text }) => text === 'all well'));
    expect(wishes).toEqual([{ who: bob, text: 'receipt r-0412aa07', place: { channel }, incident: incidentId }]);
  });

  it('that asks for a document gets it as a file in the thread', async () => {
    const file = { name: 'timeline-i-00000001-0a1b2c3d.md', title: 'Timeline', content: '# all\n' };
    const { slack, tell } = await started({
      run: () => Promise.resolve({ kind: 'said', lines: ['long'], file, exit: 0 }),
    });
    await tell([opened, foundThree]);
    slack.as('U0BOB').say(channel, '@medic timeline', rootOf(slack).ts);
    const shared = await until('a file', () =>
      slack.thread(channel, rootOf(slack).ts).find(({ files }) => files.some(({ name }) => name === file.name)),
    );
    expect(shared.files).toHaveLength(1);
    expect(slack.thread(channel, rootOf(slack).ts).some(({ text }) => text === 'long')).toBe(false);
  });

  it('outside of one has no incident', async () => {
    const { slack, wishes } = await started();
    const said = slack.as('U0BOB').say(channel, '@medic status');
    await until('an answer', () => slack.thread(channel, said.ts).some(({ text }) => text === 'all well'));
    expect(wishes).toEqual([{ who: bob, text: 'status', place: { channel } }]);
  });

  it('is answered once, also when the answer to our answer is lost', async () => {
    const { slack } = await started();
    slack.faults.dropAnswer('chat.postMessage', 1);
    const said = slack.as('U0BOB').say(channel, '@medic status');
    await until('an answer', () => slack.thread(channel, said.ts).length > 1);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(slack.thread(channel, said.ts)).toHaveLength(2);
  });
});

describe('buttons', () => {
  it('approve: the desk decides for who pressed', async () => {
    const { slack, decisions, tell } = await started();
    await tell(asked);
    expect(await slack.as('U0BOB').click(channel, promptOf(slack).ts, { action_id: 'approve' })).toEqual({ ok: true });
    await until('a decision', () => decisions.length > 0);
    expect(decisions).toEqual([`approve ${request} ${bob}`]);
    expect(whispers(slack, 'U0BOB')).toEqual([]);
  });

  it('approve: a refusal is seen by the person in the thread', async () => {
    const text = "You can't approve plan 7c1d93ab: you asked for it.";
    const { slack, tell } = await started({
      decide: () => ({ kind: 'refused', refusal: { code: 'self_approval', text } }),
    });
    await tell(asked);
    await slack.as('U0ALICE').click(channel, promptOf(slack).ts, { action_id: 'approve' });
    const [answer] = await until('a refusal', () =>
      whispers(slack, 'U0ALICE').length > 0 ? whispers(slack, 'U0ALICE') : undefined,
    );
    expect(answer?.text).toBe(text);
    expect(answer?.threadTs).toBe(rootOf(slack).ts);
  });

  it.each(['', 'x', '../../etc/passwd', `${request}0`, request.slice(1), request.toUpperCase()])(
    'approve: a button whose value was altered to %j reaches no desk, and the person is told',
    async (value) => {
      const { slack, decisions } = await started();
      const button = { type: 'button', action_id: 'approve', text: { type: 'plain_text', text: 'Approve' }, value };
      const client = new WebClient(botToken, { slackApiUrl: slack.apiUrl });
      const blocks = [{ type: 'actions', elements: [button] }];
      const { ts = '' } = await client.chat.postMessage({ channel, text: 'Approve', blocks });
      await slack.as('U0BOB').click(channel, ts, { action_id: 'approve' });
      await until('an answer', () => whispers(slack, 'U0BOB').length > 0);
      expect(whispers(slack, 'U0BOB')[0]?.text).toBe('This prompt is not known any more. Nothing was run.');
      expect(decisions).toEqual([]);
    },
  );

  it('approve: a guest is refused before the desk, and the ledger knows', async () => {
    const { slack, decisions, tell, ledger } = await started();
    await tell(asked);
    await slack.as('U0GUEST').click(channel, promptOf(slack).ts, { action_id: 'approve' });
    await until('the refusal is recorded', () =>
      ledger.all.some(({ event }) => event.kind === 'refused' && event.by === 'T0TEAM/U0GUEST'),
    );
    expect(decisions).toEqual([]);
    expect(whispers(slack, 'U0GUEST')[0]?.text).toContain('you are a guest');
  });

  it('approve: nobody may when Slack does not tell who they are', async () => {
    const { slack, decisions, tell } = await started();
    await tell(asked);
    slack.faults.serverError('users.info', 1);
    await slack.as('U0BOB').click(channel, promptOf(slack).ts, { action_id: 'approve' });
    await until('a refusal', () => whispers(slack, 'U0BOB').length > 0);
    expect(decisions).toEqual([]);
    await slack.as('U0BOB').click(channel, promptOf(slack).ts, { action_id: 'approve' });
    await until('the second press counts', () => decisions.length === 1);
  });

  it('silence asks for how long and why, and runs the same words as anybody types', async () => {
    const { slack, tell, wishes } = await started();
    await tell([{ ...opened, alert: 'MODEL_CORRUPTED' } as Event, foundThree]);
    const person = slack.as('U0ALICE');
    await person.click(channel, rootOf(slack).ts, { action_id: 'silence' });
    const view = await until('the modal', () => person.openViews()[0]);
    const filled = { duration: { duration: '2h' }, reason: { reason: `"don't call" 'us` } };
    expect(await person.submitView(view.id, filled)).toEqual({ ok: true });
    const [wish] = await until('the wish', () => wishes.length > 0 && wishes);
    expect(wish).toMatchObject({ text: `silence ${incidentId} for 2h don't call" us`, incident: incidentId });
  });

  it('sets one reaction a state under the root, and takes the one before away', async () => {
    const { slack, tell } = await started();
    const reactions = () => rootOf(slack).reactions.map(({ name, users }) => `${name} ${users.join()}`);
    await tell([{ ...opened, alert: 'MODEL_CORRUPTED' } as Event, foundThree]);
    expect(reactions()).toEqual(['rotating_light U0BOT']);
    await tell([...planned(plan, 1)]);
    expect(reactions()).toEqual(['raised_hand U0BOT']);
    await tell([{ kind: 'check_started', scope: foundScope, fresh: false }]);
    await tell([checked()]);
    expect(reactions()).toEqual(['raised_hand U0BOT']);
    expect(slack.violations).toEqual([]);
  });

  it('keeps what people pin in the timeline, once and masked, and nothing else', async () => {
    const { slack, tell, ledger } = await started();
    await tell([{ ...opened, alert: 'MODEL_CORRUPTED' } as Event, foundThree]);
    const root = rootOf(slack);
    const said = slack.as('U0BOB').say(channel, 'it is 10.1.2.3 & <fire>, Bearer abcdefgh123', root.ts);
    const elsewhere = slack.as('U0BOB').say(channel, 'lunch?');
    slack.as('U0ALICE').react(channel, said.ts, 'eyes');
    slack.as('U0ALICE').react(channel, elsewhere.ts, 'pushpin');
    slack.as('U0ALICE').react(channel, said.ts, 'pushpin');
    const pins = () => ledger.all.flatMap(({ event }) => (event.kind === 'pinned' ? [event] : []));
    const [pin] = await until('the pin', () => pins().length > 0 && pins());
    expect(pin).toMatchObject({ by: 'T0TEAM/U0ALICE', author: bob, text: 'it is [address] & <fire>, Bearer [secret]' });
    slack.as('U0GUEST').react(channel, root.ts, 'pushpin');
    await until('the refusal', () => slack.as('U0GUEST').ephemerals(channel)[0]);
    expect(pins()).toHaveLength(1);
  });

  it('reject asks for a reason and hands it to the desk', async () => {
    const { slack, decisions, tell } = await started();
    await tell(asked);
    const person = slack.as('U0CAROL');
    await person.click(channel, promptOf(slack).ts, { action_id: 'reject' });
    const view = await until('a modal', () => person.openViews()[0]);
    expect(await person.submitView(view.id, { reason: { reason: 'not during the tournament' } })).toEqual({ ok: true });
    await until('a decision', () => decisions.length > 0);
    expect(decisions).toEqual([`reject ${request} ${carol} not during the tournament`]);
  });

  it('details shows every step and its way back; evidence what the nodes said', async () => {
    const { slack, tell } = await started();
    await tell(asked);
    const person = slack.as('U0CAROL');
    await person.click(channel, promptOf(slack).ts, { action_id: 'details' });
    const view = await until('a modal', () => person.openViews()[0]);
    const words = JSON.stringify(view.blocks);
    for (const node of ['vast-1', 'vast-2', 'nebius-h100-1']) expect(words).toContain(node);
    expect(words).toContain('link-alias /srv/models ringrift_best_hex8_2p.pth canonical_hex8_2p.pth');
    expect(words).toContain('way back: unlink-alias');
    await person.closeView(view.id);
    const found = slack.thread(channel, rootOf(slack).ts).find(({ text }) => text.startsWith('3 findings'));
    await person.click(channel, found?.ts ?? '', { action_id: 'evidence' });
    const evidence = await until('a modal', () => person.openViews()[0]);
    expect(JSON.stringify(evidence.blocks)).toContain('readlink: canonical_hex8_4p.pth');
  });

  it('plan the repair, diagnose again, I have it and resolve mean what a person would type', async () => {
    const { slack, wishes, tell } = await started({
      run: () => Promise.resolve({ kind: 'begun', incident: incidentId, until: 'planned', since: '1-0' }),
    });
    await tell([opened, foundThree]);
    const { ts } = rootOf(slack);
    for (const action_id of ['fix', 'again', 'ack', 'resolve'])
      expect(await slack.as('U0ALICE').click(channel, ts, { action_id })).toEqual({ ok: true });
    await until('all four', () => wishes.length === 4);
    expect(wishes.map(({ text, incident }) => ({ text, incident }))).toEqual(
      expect.arrayContaining([
        { text: `fix ${incidentId}`, incident: incidentId },
        { text: 'check --fresh', incident: incidentId },
        { text: `ack ${incidentId}`, incident: incidentId },
        { text: `resolve ${incidentId}`, incident: incidentId },
      ]),
    );
    expect(whispers(slack, 'U0ALICE')).toEqual([]);
  });
});

describe('a receipt', () => {
  it('is taken back by its button, in its own incident', async () => {
    const { slack, wishes, tell } = await started({
      run: () => Promise.resolve({ kind: 'begun', incident: incidentId, until: 'planned', since: '1-0' }),
    });
    await tell([
      opened,
      foundThree,
      ...planned(plan, 1),
      ...approvedAndBegun(plan),
      executed(plan, [result('vast-1')]),
    ]);
    const told = await until('the receipt', () =>
      slack.messages(channel).find(({ text }) => text.startsWith('✅ Done')),
    );
    expect(await slack.as('U0ALICE').click(channel, told.ts, { action_id: 'rollback' })).toEqual({ ok: true });
    await until('the wish', () => wishes.length === 1);
    expect(wishes).toMatchObject([{ text: 'rollback r-0412aa07', incident: incidentId }]);
  });
});

describe('the way to Slack', () => {
  it('keeps two sockets and loses nothing while Slack recycles them', async () => {
    const { slack, wishes, bot } = await started();
    await until('two sockets', () => slack.connections() === 2 && bot.ready().detail.startsWith('2 of 2 sockets'));
    expect(bot.ready().ok).toBe(true);
    slack.recycleConnections(1);
    for (let press = 0; press < 5; press += 1)
      expect(await slack.as('U0ALICE').command(channel, '/models status')).toEqual({ ok: true });
    await until('all five', () => wishes.length === 5);
    await until('two sockets again', () => slack.connections() === 2);
  });

  it('comes back after every socket was cut and Slack refused to open new ones', async () => {
    const { slack, bot, wishes } = await started();
    await until('two sockets', () => slack.connections() === 2);
    slack.faults.serverError('apps.connections.open', 3);
    slack.cutConnections();
    await until('it is not ready', () => !bot.ready().ok);
    await until('two sockets again', () => slack.connections() === 2 && bot.ready().ok, 20_000);
    await slack.as('U0ALICE').command(channel, '/models status');
    await until('it works', () => wishes.length === 1);
  }, 300_000);

  it('shows the Home tab when it is opened, and nothing before', async () => {
    const { slack } = await started();
    const person = slack.as('U0ALICE');
    expect(person.home()).toBeUndefined();
    person.openHome();
    await until('the Home tab', () => person.home());
    expect(JSON.stringify(person.home()?.blocks)).toContain('No incident is open');
  });

  it('refuses to start with a token that Slack refuses', async () => {
    const slack = await startTestSlack();
    open.push(() => slack.close());
    const bot = createSlackBot({
      tokens: { botToken: 'xoxb-wrong', appToken },
      apiUrl: slack.apiUrl,
      clusters: [{ name: 'ringrift', incidentChannel: channel, policy: () => policy, told: memoryTold() }],
      draw: drawSvg,
      ledger: memoryLedger(),
      run: () => Promise.reject(new Error('never')),
      home: () => Promise.reject(new Error('never')),
      rightOf: () => 'look',
      desk: {
        approve: () => Promise.reject(new Error('never')),
        reject: () => Promise.reject(new Error('never')),
      },
      seen: memorySeen(),
      logger: memoryLogger(),
    });
    open.push(() => bot.stop());
    await expect(bot.start()).rejects.toThrow('Slack refused the bot token: invalid_auth');
  });

  it('speaks HTTP too: signed requests are served, unsigned, old and foreign ones are not', async () => {
    const { slack, wishes, requestUrl = '', bot } = await started({ http: true });
    expect(bot.ready().ok).toBe(true);
    expect(await slack.as('U0ALICE').command(channel, '/models status')).toEqual({ ok: true });
    await until('an answer', () => whispers(slack, 'U0ALICE').length > 0);
    const body = 'command=%2Fmodels&text=fix&team_id=T0TEAM&user_id=U0ALICE&channel_id=C0OPS&trigger_id=1';
    const send = async (at: number, secret: string): Promise<number> => {
      const signature = `v0=${createHmac('sha256', secret).update(`v0:${at}:${body}`).digest('hex')}`;
      const headers = {
        'content-type': 'application/x-www-form-urlencoded',
        'x-slack-request-timestamp': String(at),
        'x-slack-signature': signature,
      };
      return (await fetch(requestUrl, { method: 'POST', headers, body })).status;
    };
    const now = Math.floor(Date.now() / 1_000);
    expect(await send(now, 'another secret')).toBe(401);
    expect(await send(now - 600, signingSecret)).toBe(401);
    expect((await fetch(requestUrl.replace('/slack/events', '/other'))).status).toBe(404);
    expect(wishes).toHaveLength(1);
  });

  it('runs a command once when the same signed request comes twice', async () => {
    const { wishes, requestUrl = '' } = await started({ http: true });
    const body = 'command=%2Fmodels&text=status&team_id=T0TEAM&user_id=U0ALICE&channel_id=C0OPS&trigger_id=7.7.abc';
    const at = Math.floor(Date.now() / 1_000);
    const signature = `v0=${createHmac('sha256', signingSecret).update(`v0:${at}:${body}`).digest('hex')}`;
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': String(at),
      'x-slack-signature': signature,
    };
    for (let time = 0; time < 3; time += 1)
      expect((await fetch(requestUrl, { method: 'POST', headers, body })).status).toBe(200);
    await until('it ran', () => wishes.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(wishes).toHaveLength(1);
  });
});
