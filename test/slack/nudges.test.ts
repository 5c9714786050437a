import { afterEach, describe, expect, it } from 'vitest';
import type { LocalSlack } from '../../src/demo/slack/local-slack.ts';
import type { Event } from '../../src/domain/entry.ts';
import { createLimiter } from '../../src/slack/limiter.ts';
import { createNudges } from '../../src/slack/nudges.ts';
import { createPoster } from '../../src/slack/post-once.ts';
import { createWebClient, createWebSlack } from '../../src/slack/web-slack.ts';
import {
  alice,
  bob,
  carol,
  foundThree,
  incidentFrom,
  linkPlan,
  opened,
  planned,
  policy,
  request,
} from './support/incidents.ts';
import { botToken, channel, fastLimits, fastRates, memoryLogger, memoryTold, startTestSlack } from './support/local.ts';

const plan = linkPlan(['vast-1', 'vast-2', 'vast-3'], { summary: 'set <!channel> 3 aliases' });
const asked: Event[] = [opened, foundThree, ...planned(plan, 1)];
/** The prompt is made some seconds after 03:12 and ends at 03:27. */
const at = (time: string) => new Date(`2026-01-05T${time}.000Z`);

const open: LocalSlack[] = [];
afterEach(async () => {
  for (const slack of open.splice(0)) await slack.close();
});

async function office(told = memoryTold(), rules = policy) {
  const slack = await startTestSlack({ limits: fastLimits });
  open.push(slack);
  let now = at('03:12:10');
  const clock = { now: () => now, wait: () => Promise.resolve() };
  const logger = memoryLogger();
  const client = createWebClient({ token: botToken, apiUrl: slack.apiUrl, timeoutMs: 2_000, logger });
  const web = createWebSlack(client);
  const begin = () => {
    const limiter = createLimiter({ clock, rates: fastRates });
    const { signal } = new AbortController();
    const poster = createPoster({
      slack: web,
      limiter,
      clock,
      logger,
      signal,
      patience: { graceMs: 0, retryMs: 1, settleMs: 1_000 },
    });
    return createNudges({ client, told, poster, policy: () => rules, clock, logger, afterMs: 180_000 });
  };
  const posted = await client.chat.postMessage({ channel, text: 'the prompt' });
  const shown = async () =>
    told.set('i-00000001', `prompt-${request}`, {
      state: 'told',
      channel,
      ts: posted.ts ?? '',
      hash: '',
      sinceMs: 0,
    });
  const mailOf = async (user: string) => {
    const { channel: direct } = await client.conversations.open({ users: user });
    return slack.messages(direct?.id ?? '').map(({ text }) => text);
  };
  return { slack, begin, told, shown, mailOf, logger, client, setTime: (time: string) => (now = at(time)) };
}

describe('those who may approve', () => {
  it('are written to once when nobody decided for three minutes, the requester is not', async () => {
    const { begin, shown, mailOf, setTime } = await office();
    const nudges = begin();
    await shown();
    await nudges.remind(incidentFrom(asked));
    expect([await mailOf('U0BOB'), await mailOf('U0CAROL')]).toEqual([[], []]);
    setTime('03:15:30');
    await nudges.remind(incidentFrom(asked));
    await nudges.remind(incidentFrom(asked));
    expect(await mailOf('U0BOB')).toEqual([
      expect.stringMatching(/^Plan [0-9a-f]{8} waits for your decision: set &lt;!channel&gt; 3 aliases$/),
    ]);
    expect(await mailOf('U0CAROL')).toHaveLength(1);
    expect(await mailOf('U0ALICE')).toEqual([]);
  });

  it('are not written to again after a restart, nor when the answer of Slack was lost', async () => {
    const { begin, shown, mailOf, setTime, slack } = await office();
    await shown();
    setTime('03:15:30');
    slack.faults.dropAnswer('chat.postMessage', 1);
    await begin().remind(incidentFrom(asked));
    await begin().remind(incidentFrom(asked));
    expect([(await mailOf('U0BOB')).length, (await mailOf('U0CAROL')).length]).toEqual([1, 1]);
  });

  it.each<[string, Event[]]>([
    ['it was decided', [{ kind: 'rejected', request, by: bob, reason: 'no' }]],
    ['it has ended', [{ kind: 'expired', request }]],
    ['somebody repairs by hand', [{ kind: 'held', by: bob, until: '2026-01-05T04:00:00.000Z' }]],
  ])('are left alone when %s', async (_, more) => {
    const { begin, shown, mailOf, setTime } = await office();
    await shown();
    setTime('03:15:30');
    await begin().remind(incidentFrom([...asked, ...more]));
    expect(await mailOf('U0BOB')).toEqual([]);
  });

  it('are not written to before the prompt is in the channel, nor when they have said yes', async () => {
    const { begin, shown, mailOf, setTime } = await office();
    setTime('03:15:30');
    await begin().remind(incidentFrom(asked));
    expect(await mailOf('U0BOB')).toEqual([]);
    await shown();
    const two = [opened, foundThree, ...planned(linkPlan(['vast-1'], { risk: 'replaces-weights' }), 2)];
    await begin().remind(incidentFrom([...two, { kind: 'approved', request, by: bob }]));
    expect([(await mailOf('U0BOB')).length, (await mailOf('U0CAROL')).length]).toEqual([0, 1]);
  });

  it('a plan that needs nobody else is its requester’s matter alone', async () => {
    const { begin, shown, mailOf, setTime } = await office();
    await shown();
    setTime('03:15:30');
    await begin().remind(incidentFrom([opened, foundThree, ...planned(linkPlan(['vast-1']), 0)]));
    expect([(await mailOf('U0ALICE')).length, (await mailOf('U0BOB')).length]).toEqual([1, 0]);
  });

  it('somebody whom Slack does not know keeps nobody else from being written to, and is not tried for ever', async () => {
    const { begin, shown, mailOf, setTime, logger } = await office(memoryTold(), {
      ...policy,
      approvers: ['T0TEAM/U0GONE', alice, bob, carol, 'cli:root'],
    });
    await shown();
    setTime('03:15:30');
    await begin().remind(incidentFrom(asked));
    await begin().remind(incidentFrom(asked));
    expect(await mailOf('U0BOB')).toHaveLength(1);
    expect(logger.lines.filter(({ fields }) => JSON.stringify(fields).includes('user_not_found'))).toHaveLength(1);
  });
});
