import { expect, it } from 'vitest';
import { systemClock } from '../../src/slack/clock.ts';
import { createLimiter } from '../../src/slack/limiter.ts';
import { createPoster } from '../../src/slack/post-once.ts';
import { SlackFailure, type SlackPort } from '../../src/slack/slack-port.ts';
import { fastRates, memoryLogger, until } from './support/local.ts';

it('writes one message in the order in which that was asked, other messages beside it, also after a failure', async () => {
  const begun: string[] = [];
  const ends = new Map<string, (failure?: SlackFailure) => void>();
  const nothing = async (): Promise<never> => {
    throw new SlackFailure('refused', 'not_here');
  };
  const slack: SlackPort = {
    post: nothing,
    remove: nothing,
    react: nothing,
    upload: nothing,
    posted: nothing,
    update: ({ text }) =>
      new Promise<void>((resolve, reject) => {
        begun.push(text);
        ends.set(text, (failure) => (failure === undefined ? resolve() : reject(failure)));
      }),
  };
  const poster = createPoster({
    slack,
    limiter: createLimiter({ clock: systemClock, rates: fastRates }),
    clock: systemClock,
    logger: memoryLogger(),
    signal: new AbortController().signal,
    patience: { graceMs: 0, retryMs: 1, settleMs: 1 },
  });
  const edit = (ts: string, text: string) =>
    poster.edit({ channel: 'C0OPS', ts, text, blocks: [], mark: { incident: 'i-00000001', key: 'root', hash: text } });

  const first = edit('1.1', 'first');
  const second = edit('1.1', 'second');
  const other = edit('2.2', 'other');
  await until('what may begin', () => begun.length === 2);
  expect(begun).toEqual(['first', 'other']);
  ends.get('first')?.(new SlackFailure('refused', 'message_not_found'));
  await expect(first).rejects.toThrow('message_not_found');
  await until('the second', () => begun.includes('second'));
  ends.get('second')?.();
  ends.get('other')?.();
  await Promise.all([second, other]);
  expect(begun).toEqual(['first', 'other', 'second']);
});
