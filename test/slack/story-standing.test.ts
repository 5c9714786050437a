import { afterEach, describe, expect, it } from 'vitest';
import { blockFaults } from '../../src/demo/slack/block-rules.ts';
import type { LocalSlack } from '../../src/demo/slack/local-slack.ts';
import { type Order, standingOf } from '../../src/domain/standing.ts';
import { createLimiter } from '../../src/slack/limiter.ts';
import { createNotices } from '../../src/slack/notices.ts';
import { createPoster } from '../../src/slack/post-once.ts';
import { standingNotice, standingReportNotice } from '../../src/slack/story-standing.ts';
import { createWebClient, createWebSlack } from '../../src/slack/web-slack.ts';
import { anEnvelope, ENVELOPE, givenOrders } from '../support/builders/envelopes.ts';
import { NOON } from '../support/builders/plans.ts';
import { bob, look } from './support/incidents.ts';
import { botToken, channel, fastLimits, fastRates, memoryLogger, memoryTold, startTestSlack } from './support/local.ts';

const stopped: Order = { kind: 'envelope_stopped', id: ENVELOPE, by: bob, at: NOON, reason: '<!channel> enough' };
function noticeOf(orders: readonly Order[], at = NOON) {
  const state = standingOf(orders).envelopes.get(ENVELOPE);
  if (state === undefined) throw new Error('not there');
  return standingNotice(state, look, Date.parse(at));
}
const actions = (notice: ReturnType<typeof noticeOf>): string[] =>
  [...JSON.stringify(notice.blocks).matchAll(/"action_id":"([\w-]+)"/g)].map(([, id = '']) => id);

describe('a standing approval in the channel', () => {
  it.each<[string, Order[], string, string[], string?]>([
    ['proposed', givenOrders(false).slice(0, 1), '*0 of 2*', ['standing-approve', 'standing-stop']],
    ['in shadow', givenOrders(false), 'nothing is repaired by it yet', ['standing-live', 'standing-stop']],
    ['live', givenOrders(true), 'repaired without asking', ['standing-stop']],
    ['stopped', [...givenOrders(true), stopped], '&lt;!channel&gt; enough', []],
    ['over', givenOrders(true), 'its time was over', [], '2026-04-01T00:00:00.000Z'],
  ])('is %s: it says so, and has the buttons of that', (_, orders, words, buttons, at) => {
    const notice = noticeOf(orders, at);
    expect(JSON.stringify(notice.blocks)).toContain(words);
    expect(actions(notice)).toEqual(buttons);
    expect(blockFaults(JSON.parse(JSON.stringify(notice.blocks)), 'message')).toEqual([]);
  });

  it('ends each morning in a receipt with the one tap that stops all of it', () => {
    const state = standingOf(givenOrders(true)).envelopes.get(ENVELOPE);
    if (state === undefined) throw new Error('not there');
    const lines = ['repaired 2 times by itself:', '  done: <https://evil|x> on 2 nodes'];
    const notice = standingReportNotice('2026-03-02', [{ state, lines }]);
    expect(actions(notice)).toEqual(['standing-stop']);
    expect(JSON.stringify(notice)).toContain('&lt;https://evil|x&gt;');
    expect(blockFaults(JSON.parse(JSON.stringify(notice.blocks)), 'message')).toEqual([]);
  });
});

describe('notices', () => {
  const open: LocalSlack[] = [];
  afterEach(async () => {
    for (const slack of open.splice(0)) await slack.close();
  });

  it('are posted once and edited when they change, over a restart and a lost answer', async () => {
    const slack = await startTestSlack({ limits: fastLimits });
    open.push(slack);
    const told = memoryTold();
    const logger = memoryLogger();
    const clock = { now: () => new Date(), wait: () => Promise.resolve() };
    const web = createWebSlack(createWebClient({ token: botToken, apiUrl: slack.apiUrl, timeoutMs: 2_000, logger }));
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
      return createNotices({ poster, limiter, told, channel, clock, logger, signal });
    };
    slack.faults.dropAnswer('chat.postMessage', 1);
    await begin().tell([noticeOf(givenOrders(false))]);
    await begin().tell([noticeOf(givenOrders(false))]);
    await begin().tell([noticeOf(givenOrders(true))]);
    expect(slack.messages(channel).map(({ text }) => text)).toEqual([`Standing approval ${ENVELOPE} is live`]);
    expect(anEnvelope().id).toBe(ENVELOPE);
  });
});
