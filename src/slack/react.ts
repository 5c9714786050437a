import type { Logger } from '../contract/logger.ts';
import type { Told } from '../contract/told.ts';
import type { Clock } from './clock.ts';
import { type Progress, REACTION } from './next-action.ts';
import type { Patience } from './post-once.ts';
import { createSecondLook } from './second-look.ts';
import { SlackFailure, type SlackPort } from './slack-port.ts';

/** Makes the one reaction on a root message this one; `record` writes down how far that is. What Slack refuses or puts off is never thrown. */
export type Reactor = (progress: Progress, name: string, record: (told: Told) => Promise<void>) => Promise<void>;

/** Reactions over Slack; words are never late because of them. */
export function createReactor({
  slack,
  clock,
  logger,
  signal,
  debounceMs,
  patience,
}: {
  readonly slack: Pick<SlackPort, 'react'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly debounceMs: number;
  readonly patience: Patience;
}): Reactor {
  const { retryMs, settleMs } = patience;
  const second = createSecondLook({ clock, logger, signal, afterMs: settleMs });
  /** Names that Slack may still set or take away although others came after them. */
  const doubtful = new Map<string, ReadonlySet<string>>();
  return async ({ told, editedAtMs, refused }, name, record) => {
    const { root, [REACTION]: before } = told;
    if (root === undefined) return;
    const { channel, ts } = root;
    const perhaps = (before?.hash ?? '').split(' ').filter((one) => one !== '' && one !== name);
    const next: Told = { state: 'posting', channel, ts, hash: [...perhaps, name].join(' '), sinceMs: 0 };
    // What may be there is written down first, so that a crash leaves no reaction behind that nobody remembers.
    await record(next);
    const about = `reaction ${channel} ${ts}`;
    const put = async (others: Iterable<string>): Promise<void> => {
      for (const other of others) if (other !== name) await slack.react({ channel, ts, name: other, on: false });
      await slack.react({ channel, ts, name, on: true });
    };
    const again = async (): Promise<void> => {
      await put(doubtful.get(about) ?? []);
      doubtful.delete(about);
    };
    try {
      await put(perhaps);
      second.renew(about, again);
      await record({ ...next, state: 'told', hash: name });
      editedAtMs.set(REACTION, clock.now().getTime());
    } catch (error) {
      if (!(error instanceof SlackFailure)) throw error;
      logger.warn({ channel, ts, name, code: error.code }, 'a reaction did not come off');
      if (error.kind === 'unsure') {
        doubtful.set(about, new Set([...(doubtful.get(about) ?? []), name, ...perhaps]));
        second.doubt(about, again);
      }
      if (error.kind === 'refused') refused.set(REACTION, name);
      else editedAtMs.set(REACTION, clock.now().getTime() + Math.max(error.retryAfterMs, retryMs) - debounceMs);
    }
  };
}
