import fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ToldStore } from '../../src/contract/told.ts';
import type { LocalSlack } from '../../src/demo/slack/local-slack.ts';
import type { Event } from '../../src/domain/entry.ts';
import { drawSvg } from '../../src/pictures/draw-svg.ts';
import { systemClock } from '../../src/slack/clock.ts';
import { createLimiter } from '../../src/slack/limiter.ts';
import { storyOf } from '../../src/slack/story.ts';
import { createTeller, type Teller } from '../../src/slack/tell.ts';
import { createWebClient, createWebSlack } from '../../src/slack/web-slack.ts';
import {
  approvedAndBegun,
  checked,
  executed,
  foundThree,
  incidentFrom,
  linkPlan,
  look,
  missing,
  opened,
  planned,
  result,
  unknown,
} from './support/incidents.ts';
import {
  botToken,
  channel,
  fastLimits,
  fastRates,
  memoryLogger,
  memoryTold,
  startTestSlack,
  transcript,
  until,
} from './support/local.ts';

const plan = linkPlan();
const many = checked({
  findings: Array.from({ length: 11 }, (_, index) => ({ ...missing(`n${index}-x`), title: `kind ${index}` })),
  unknown: [unknown],
});
/** The whole way, with a list that is long enough for a file. */
const history: Event[] = [
  opened,
  many,
  { kind: 'acknowledged', by: 'T0TEAM/U0BOB' },
  ...planned(plan, 1),
  ...approvedAndBegun(plan),
  { kind: 'target_ended', receipt: 'r-0412aa07', result: result('vast-2') },
  { kind: 'target_ended', receipt: 'r-0412aa07', result: result('vast-1') },
  executed(plan, [result('vast-2'), result('vast-1'), result('nebius-h100-1')]),
  checked({ unknown: [unknown] }),
];

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).toReversed()) await thing.close();
});

async function slackWith(limits: Parameters<typeof startTestSlack>[0] = { limits: fastLimits }): Promise<LocalSlack> {
  const slack = await startTestSlack(limits);
  open.push(slack);
  return slack;
}

function tellerOn(
  slack: LocalSlack,
  options: {
    readonly told?: ToldStore;
    readonly real?: boolean;
    readonly timeoutMs?: number;
    readonly debounceMs?: number;
    readonly settleMs?: number;
    readonly draw?: (svg: string) => Promise<Uint8Array>;
  } = {},
): Teller {
  const logger = memoryLogger();
  const client = createWebClient({
    token: botToken,
    apiUrl: slack.apiUrl,
    timeoutMs: options.timeoutMs ?? 2_000,
    logger,
  });
  const teller = createTeller({
    slack: createWebSlack(client),
    told: options.told ?? memoryTold(),
    storyOf: (incident) => storyOf(incident, look),
    channelOf: () => channel,
    draw: options.draw ?? drawSvg,
    clock: systemClock,
    logger,
    debounceMs: options.debounceMs ?? 0,
    patience: { graceMs: 50, retryMs: 50, settleMs: options.settleMs ?? 500 },
    ...(options.real === true ? {} : { limiter: createLimiter({ clock: systemClock, rates: fastRates }) }),
  });
  open.push(teller);
  return teller;
}

async function tellAll(teller: Teller, events: readonly Event[] = history): Promise<void> {
  for (let length = 1; length <= events.length; length += 1) {
    teller.tell(incidentFrom(events.slice(0, length)));
    await teller.idle();
  }
}

/** What the thread is when nothing goes wrong. */
async function faultless(events: readonly Event[] = history): Promise<unknown[]> {
  const slack = await slackWith();
  await tellAll(tellerOn(slack), events);
  expect(slack.violations).toEqual([]);
  return transcript(slack);
}

describe('a picture', () => {
  const status = { ...opened, text: 'status' };

  it('is drawn and comes once; again only when a cell has changed', async () => {
    const slack = await slackWith();
    const teller = tellerOn(slack);
    await tellAll(teller, [status, foundThree, foundThree]);
    const root = slack.messages(channel)[0]?.ts ?? '';
    const pictures = () => slack.thread(channel, root).flatMap(({ files }) => files);
    expect(pictures()).toMatchObject([{ name: expect.stringMatching(/^status-i-00000001-[0-9a-f]{8}\.png$/) }]);
    teller.tell(incidentFrom([status, foundThree, checked()]));
    await teller.idle();
    expect(pictures()).toHaveLength(2);
    // A look at one node, for one plan, is no picture of the whole.
    const part = checked();
    if (part.kind !== 'checked') throw new Error('no look');
    const one = { ...part, scope: { ...part.scope, nodes: part.scope.nodes.slice(0, 1) } };
    teller.tell(incidentFrom([status, foundThree, checked(), one]));
    await teller.idle();
    expect(pictures()).toHaveLength(2);
    const url = pictures()[0]?.['url_private'];
    if (typeof url !== 'string') throw new Error('no address');
    const answer = await fetch(url, { headers: { authorization: `Bearer ${botToken}` } });
    expect(
      Buffer.from(await answer.arrayBuffer())
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG');
    expect(slack.violations).toEqual([]);
  });

  it('that cannot be drawn does not hold up the thread', async () => {
    const slack = await slackWith();
    const teller = tellerOn(slack, { draw: () => Promise.reject(new Error('no wasm here')) });
    await tellAll(teller, [status, foundThree]);
    const texts = slack.thread(channel, slack.messages(channel)[0]?.ts ?? '').map(({ text }) => text);
    expect(texts).toHaveLength(3);
  });
});

describe('telling', () => {
  it('makes the thread equal to the story: one root, each message once, edited in place, the long list as a file', async () => {
    const slack = await slackWith();
    await tellAll(tellerOn(slack));
    const story = storyOf(incidentFrom(history), look);
    const [root, ...replies] = slack.thread(channel, slack.messages(channel)[0]?.ts ?? '');
    expect(root?.text).toBe(story[0]?.text);
    expect(replies.filter(({ files }) => files.length === 0).map(({ text }) => text)).toEqual(
      story.slice(1).map(({ text }) => text),
    );
    expect(replies.flatMap(({ files }) => files.map((file) => file['name']))).toEqual([story[1]?.file?.name]);
    expect(slack.violations).toEqual([]);
  });

  it('gives the same thread when it is told only at the end', async () => {
    const slack = await slackWith();
    const teller = tellerOn(slack);
    teller.tell(incidentFrom(history));
    await teller.idle();
    expect(transcript(slack)).toEqual(await faultless());
  });

  it('does nothing when it is told again', async () => {
    const slack = await slackWith();
    const told = memoryTold();
    await tellAll(tellerOn(slack, { told }));
    let changes = 0;
    slack.onChange(() => {
      changes += 1;
    });
    const again = tellerOn(slack, { told });
    again.tell(incidentFrom(history));
    await again.idle();
    expect(changes).toBe(0);
  });

  it('keeps incidents apart', async () => {
    const slack = await slackWith();
    const teller = tellerOn(slack);
    for (const id of ['i-00000001', 'i-00000002', 'i-00000003']) teller.tell(incidentFrom(history.slice(0, 6), id));
    await teller.idle();
    const roots = slack.messages(channel).filter(({ threadTs }) => threadTs === undefined);
    expect(roots).toHaveLength(3);
    for (const { ts } of roots) expect(slack.thread(channel, ts)).toHaveLength(4);
  });

  it('lets only the latest state count while one is on its way', async () => {
    const slack = await slackWith();
    const teller = tellerOn(slack, { debounceMs: 300 });
    let edits = 0;
    slack.onChange(({ kind }) => {
      edits += kind === 'edit' ? 1 : 0;
    });
    for (let length = 1; length <= history.length; length += 1) teller.tell(incidentFrom(history.slice(0, length)));
    await teller.idle();
    expect(edits).toBeLessThan(4);
    expect(slack.messages(channel)[0]?.text).toBe(storyOf(incidentFrom(history), look)[0]?.text);
  });

  it('stays within Slack’s real rates', async () => {
    const slack = await slackWith({});
    const teller = tellerOn(slack, { real: true });
    for (const id of ['i-00000001', 'i-00000002'])
      teller.tell(incidentFrom([opened, foundThree, ...planned(plan, 1)], id));
    await teller.idle();
    expect(slack.violations).toEqual([]);
    expect(slack.messages(channel).filter(({ threadTs }) => threadTs === undefined)).toHaveLength(2);
  }, 300_000);
});

describe('after any fault of Slack the thread is the one without faults', () => {
  let whole: unknown[] = [];
  beforeAll(async () => {
    whole = await faultless();
  });

  const methods = [
    'chat.postMessage',
    'chat.update',
    'files.getUploadURLExternal',
    'files.completeUploadExternal',
    'conversations.replies',
    'conversations.history',
  ];

  it.each(
    methods.flatMap((method) => ['rateLimit', 'serverError', 'dropAnswer'].map((fault) => [method, fault] as const)),
  )(
    '%s: %s',
    async (method, fault) => {
      const slack = await slackWith();
      if (fault === 'rateLimit') slack.faults.rateLimit(method, 2, 1);
      else if (fault === 'serverError') slack.faults.serverError(method, 2);
      else slack.faults.dropAnswer(method, 2);
      // Looking into the channel is only done after a lost answer.
      if (method.startsWith('conversations.')) slack.faults.dropAnswer('chat.postMessage', 3);
      await tellAll(tellerOn(slack));
      expect(transcript(slack)).toEqual(whole);
    },
    300_000,
  );

  it('also when an answer comes after we gave up on it', async () => {
    const events = history.slice(0, 2);
    const expected = await faultless(events);
    const slack = await slackWith();
    slack.faults.delay('chat.postMessage', 1, 600);
    const logger = memoryLogger();
    const teller = createTeller({
      slack: createWebSlack(createWebClient({ token: botToken, apiUrl: slack.apiUrl, timeoutMs: 200, logger })),
      told: memoryTold(),
      storyOf: (incident) => storyOf(incident, look),
      channelOf: () => channel,
      draw: drawSvg,
      clock: systemClock,
      logger,
      debounceMs: 0,
      patience: { graceMs: 1_000, retryMs: 1_000, settleMs: 1_000 },
    });
    open.push(teller);
    await tellAll(teller, events);
    expect(transcript(slack)).toEqual(expected);
    expect(logger.lines.some(({ message }) => message === 'slack call did not come off')).toBe(true);
  }, 300_000);

  it.each(['chat.postMessage', 'chat.update', 'reactions.add', 'files.completeUploadExternal'])(
    'also when %s is carried out after it was done again',
    async (method) => {
      // It ends with another reaction than it begins with.
      const events = history.slice(0, history.findIndex(({ kind }) => kind === 'requested') + 1);
      const calm = await slackWith();
      await tellAll(tellerOn(calm), events);
      const slack = await slackWith();
      slack.faults.delay(method, 1, 3_000);
      await tellAll(tellerOn(slack, { timeoutMs: 300, settleMs: 5_000 }), events);
      const shown = (one: LocalSlack): string =>
        JSON.stringify([transcript(one), one.messages(channel).map(({ reactions }) => reactions ?? [])]);
      await until('it came late', () => shown(slack) !== shown(calm), 10_000);
      await until('it was taken back', () => shown(slack) === shown(calm), 20_000);
    },
    60_000,
  );

  it('also when the process dies between a post and its record, at each of them', async () => {
    const slack = await slackWith();
    const told = memoryTold();
    let deaths = 0;
    for (let length = 1; length <= history.length; length += 1) {
      const store = dyingStore(told);
      const dying = tellerOn(slack, { told: store });
      dying.tell(incidentFrom(history.slice(0, length)));
      await Promise.race([dying.idle(), until('a death', () => store.deaths() > 0)]);
      await dying.close();
      deaths += store.deaths();
      const next = tellerOn(slack, { told });
      next.tell(incidentFrom(history.slice(0, length)));
      await next.idle();
    }
    expect(deaths).toBeGreaterThanOrEqual(history.length - 1);
    expect(transcript(slack)).toEqual(whole);
  }, 300_000);

  it('also under any mixture of them', async () => {
    const events = [opened, foundThree, ...planned(plan, 1), ...approvedAndBegun(plan)];
    const expected = await faultless(events);
    const fault = fc.record({
      method: fc.constantFrom('chat.postMessage', 'chat.update', 'conversations.replies', 'conversations.history'),
      kind: fc.constantFrom('serverError' as const, 'dropAnswer' as const),
      at: fc.nat(events.length - 1),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fault, { minLength: 1, maxLength: 4 }), async (faults) => {
        const slack = await startTestSlack({ limits: fastLimits });
        const told = memoryTold();
        let teller = tellerOn(slack, { told });
        for (let length = 1; length <= events.length; length += 1) {
          for (const { method, kind } of faults.filter(({ at }) => at === length - 1)) slack.faults[kind](method, 1);
          teller.tell(incidentFrom(events.slice(0, length)));
          if (length % 3 === 0) {
            await teller.close();
            teller = tellerOn(slack, { told });
            teller.tell(incidentFrom(events.slice(0, length)));
          }
          await teller.idle();
        }
        const end = transcript(slack);
        await teller.close();
        await slack.close();
        expect(end).toEqual(expected);
      }),
      { numRuns: 8 },
    );
  }, 300_000);
});

/** A store of a process that dies as soon as something was posted: "told" is never written. */
function dyingStore(told: ToldStore): ToldStore & { deaths(): number } {
  let deaths = 0;
  return {
    ...told,
    async set(incident, key, record) {
      if (record.state === 'posting') return told.set(incident, key, record);
      deaths += 1;
      throw new Error('the process is dead');
    },
    deaths: () => deaths,
  };
}
