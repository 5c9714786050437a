import type { Logger } from '../contract/logger.ts';
import type { Clock } from './clock.ts';
import type { Limiter } from './limiter.ts';
import { createSecondLook } from './second-look.ts';
import { type Outgoing, type Posted, SlackFailure, type SlackPort } from './slack-port.ts';

/** What reconciling needs to know of an earlier try. */
export type Earlier = { readonly sinceMs: number; readonly unsure: boolean };

/** How long Slack is waited for, in ms. */
export type Patience = {
  /** An unanswered call may still be carried out for so long before its absence means something. */
  readonly graceMs: number;
  /** First wait before another try; it doubles up to 30 s. */
  readonly retryMs: number;
  /** So long after an unanswered write it is looked at again, for what Slack carried out later still. */
  readonly settleMs: number;
};

/** For Slack as it is. */
export const PATIENCE: Patience = { graceMs: 2_000, retryMs: 1_000, settleMs: 30_000 };

/**
 * Posting that never doubles: after a lost answer or a crash it looks into the channel before it tries again, and once more afterwards for
 * what Slack carried out late.
 */
export type Poster = {
  /** `outgoing` is asked when the turn has come, so that the latest words go out. Throws SlackFailure `refused`, or when aborted. */
  post(outgoing: () => Outgoing, earlier: Earlier): Promise<{ readonly ts: string; readonly hash: string }>;
  /** One try to make a message be this. Throws SlackFailure; where Slack has not answered, the last words given are written once more later. */
  edit(message: Parameters<SlackPort['update']>[0]): Promise<void>;
  /** A file into a thread or a channel, once for its name. Gives the ts of the message that holds it. */
  upload(file: Parameters<SlackPort['upload']>[0], earlier: Earlier): Promise<string>;
};

const BACKOFF_MAX_MS = 30_000;
/** A message of ours that may be in the channel. */
type Sought = {
  readonly where: Parameters<SlackPort['posted']>[0];
  readonly isIt: (posted: Posted) => boolean;
};

/** Slack shares an uploaded file some time after it has answered. */
const SHARE_LOOKS = 10;
const SHARE_LOOK_MS = 100;

/** A poster over one Slack workspace; what is under way when `signal` aborts ends with SlackFailure `unsure`. */
export function createPoster(options: {
  readonly slack: SlackPort;
  readonly limiter: Limiter;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly patience: Patience;
}): Poster {
  const { slack, limiter, clock, logger, signal, patience } = options;
  const { graceMs, retryMs, settleMs } = patience;
  const second = createSecondLook({ clock, logger, signal, afterMs: settleMs });

  /** Calls until it is done or refused; between tries it waits as Slack asks, or longer each time. */
  async function insist<T>(
    channel: string,
    call: (unsure: boolean) => Promise<T>,
    startUnsure: boolean,
  ): Promise<{ readonly done: T; readonly unsure: boolean }> {
    let unsure = startUnsure;
    for (let backoffMs = retryMs; ; backoffMs = Math.min(backoffMs * 2, BACKOFF_MAX_MS)) {
      if (signal.aborted) throw new SlackFailure('unsure', 'closing');
      try {
        return { done: await call(unsure), unsure };
      } catch (error) {
        if (!(error instanceof SlackFailure) || error.kind === 'refused') throw error;
        logger.warn({ code: error.code, kind: error.kind, channel }, 'slack call did not come off');
        if (error.kind === 'rate') limiter.pausePosts(channel, error.retryAfterMs);
        else unsure = true;
        await clock.wait(error.kind === 'rate' ? error.retryAfterMs : backoffMs, signal);
      }
    }
  }

  async function find({ where, isIt }: Sought): Promise<Posted | undefined> {
    const settledMs = where.sinceMs + graceMs - clock.now().getTime();
    if (settledMs > 0) await clock.wait(settledMs, signal);
    return (await slack.posted(where)).find(isIt);
  }

  /** Of what may have come twice the one that is remembered stays. */
  function keepOne({ where, isIt }: Sought, kept: string): void {
    second.doubt(`post ${where.channel} ${kept}`, async () => {
      const late = (await slack.posted(where)).filter((posted) => isIt(posted) && posted.ts !== kept);
      for (const { ts } of late) await slack.remove({ channel: where.channel, ts });
    });
  }

  /** Two writes of one message never overtake each other. */
  const writing = new Map<string, Promise<void>>();
  async function inTurn(about: string, write: () => Promise<void>): Promise<void> {
    const turn = (writing.get(about) ?? Promise.resolve()).then(write, write);
    writing.set(about, turn);
    try {
      await turn;
    } finally {
      if (writing.get(about) === turn) writing.delete(about);
    }
  }

  return {
    async edit(message) {
      const about = `edit ${message.channel} ${message.ts}`;
      const again = async (): Promise<void> => {
        await limiter.edit(false, signal);
        if (!signal.aborted) await inTurn(about, () => slack.update(message));
      };
      try {
        await inTurn(about, () => slack.update(message));
        second.renew(about, again);
      } catch (error) {
        if (error instanceof SlackFailure && error.kind === 'unsure') second.doubt(about, again);
        throw error;
      }
    },
    async post(outgoing, earlier) {
      const { channel } = outgoing();
      let sinceMs = earlier.sinceMs;
      const sought = (): Sought => {
        const { threadTs, mark } = outgoing();
        return {
          where: { channel, sinceMs, ...(threadTs === undefined ? {} : { threadTs }) },
          isIt: (posted) => posted.mark?.incident === mark.incident && posted.mark.key === mark.key,
        };
      };
      const { done, unsure } = await insist(
        channel,
        async (doubtful) => {
          if (doubtful) {
            const found = await find(sought());
            if (found?.mark !== undefined) return { ts: found.ts, hash: found.mark.hash };
          }
          await limiter.post(channel, signal);
          if (signal.aborted) throw new SlackFailure('unsure', 'closing');
          const message = outgoing();
          if (!doubtful) sinceMs = Math.min(sinceMs, clock.now().getTime());
          const { ts } = await slack.post(message);
          return { ts, hash: message.mark.hash };
        },
        earlier.unsure,
      );
      if (unsure) keepOne(sought(), done.ts);
      return done;
    },
    async upload(file, earlier) {
      const { channel, threadTs, name } = file;
      const sought: Sought = {
        where: { channel, sinceMs: earlier.sinceMs, ...(threadTs === undefined ? {} : { threadTs }) },
        isIt: ({ files }) => files.includes(name),
      };
      const { done, unsure } = await insist(
        channel,
        async (doubtful) => {
          const found = doubtful ? await find(sought) : undefined;
          if (found !== undefined) return found.ts;
          await slack.upload(file);
          // The next message must come after it, in every telling.
          for (let look = 0; look < SHARE_LOOKS; look += 1) {
            const shared = (await slack.posted(sought.where)).find(sought.isIt);
            if (shared !== undefined) return shared.ts;
            await clock.wait(SHARE_LOOK_MS * (look + 1), signal);
          }
          throw new SlackFailure('unsure', 'file_not_shared');
        },
        earlier.unsure,
      );
      if (unsure) keepOne(sought, done);
      return done;
    },
  };
}
