import type { Logger } from '../contract/logger.ts';
import type { Clock } from './clock.ts';
import type { Limiter } from './limiter.ts';
import { type Outgoing, type Posted, SlackFailure, type SlackPort } from './slack-port.ts';

/** What reconciling needs to know of an earlier try. */
export type Earlier = { readonly sinceMs: number; readonly unsure: boolean };

/** Posting that never doubles: after a lost answer or a crash it looks into the channel before it tries again. */
export type Poster = {
  /** `outgoing` is asked when the turn has come, so that the latest words go out. Throws SlackFailure `refused`, or when aborted. */
  post(outgoing: () => Outgoing, earlier: Earlier): Promise<{ readonly ts: string; readonly hash: string }>;
  /** A file into a thread or a channel, once for its name. Gives the ts of the message that holds it. */
  upload(file: Parameters<SlackPort['upload']>[0], earlier: Earlier): Promise<string>;
};

const BACKOFF_MAX_MS = 30_000;
/** Slack shares an uploaded file some time after it has answered. */
const SHARE_LOOKS = 10;
const SHARE_LOOK_MS = 100;

/** `graceMs`: how long an unanswered call may still be carried out before its absence means something. */
export function createPoster(options: {
  readonly slack: SlackPort;
  readonly limiter: Limiter;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly graceMs: number;
  /** First wait before another try; it doubles up to 30 s. */
  readonly retryMs: number;
}): Poster {
  const { slack, limiter, clock, logger, signal, graceMs, retryMs } = options;

  /** Calls until it is done or refused; between tries it waits as Slack asks, or longer each time. */
  async function insist<T>(channel: string, call: (unsure: boolean) => Promise<T>, startUnsure: boolean): Promise<T> {
    let unsure = startUnsure;
    for (let backoffMs = retryMs; ; backoffMs = Math.min(backoffMs * 2, BACKOFF_MAX_MS)) {
      if (signal.aborted) throw new SlackFailure('unsure', 'closing');
      try {
        return await call(unsure);
      } catch (error) {
        if (!(error instanceof SlackFailure) || error.kind === 'refused') throw error;
        logger.warn({ code: error.code, kind: error.kind, channel }, 'slack call did not come off');
        if (error.kind === 'rate') limiter.pausePosts(channel, error.retryAfterMs);
        else unsure = true;
        await clock.wait(error.kind === 'rate' ? error.retryAfterMs : backoffMs, signal);
      }
    }
  }

  async function find(
    where: Parameters<SlackPort['posted']>[0],
    isIt: (posted: Posted) => boolean,
  ): Promise<Posted | undefined> {
    const settledMs = where.sinceMs + graceMs - clock.now().getTime();
    if (settledMs > 0) await clock.wait(settledMs, signal);
    return (await slack.posted(where)).find(isIt);
  }

  return {
    async post(outgoing, earlier) {
      const { channel } = outgoing();
      let sinceMs = earlier.sinceMs;
      return insist(
        channel,
        async (unsure) => {
          if (unsure) {
            const { threadTs, mark } = outgoing();
            const found = await find(
              { channel, sinceMs, ...(threadTs === undefined ? {} : { threadTs }) },
              (posted) => posted.mark?.incident === mark.incident && posted.mark.key === mark.key,
            );
            if (found?.mark !== undefined) return { ts: found.ts, hash: found.mark.hash };
          }
          await limiter.post(channel, signal);
          if (signal.aborted) throw new SlackFailure('unsure', 'closing');
          const message = outgoing();
          if (!unsure) sinceMs = Math.min(sinceMs, clock.now().getTime());
          const { ts } = await slack.post(message);
          return { ts, hash: message.mark.hash };
        },
        earlier.unsure,
      );
    },
    async upload(file, earlier) {
      const { channel, threadTs, name } = file;
      const where = { channel, sinceMs: earlier.sinceMs, ...(threadTs === undefined ? {} : { threadTs }) };
      const isIt = ({ files }: Posted): boolean => files.includes(name);
      return insist(
        channel,
        async (unsure) => {
          const found = unsure ? await find(where, isIt) : undefined;
          if (found !== undefined) return found.ts;
          await slack.upload(file);
          // The next message must come after it, in every telling.
          for (let look = 0; look < SHARE_LOOKS; look += 1) {
            const shared = (await slack.posted(where)).find(isIt);
            if (shared !== undefined) return shared.ts;
            await clock.wait(SHARE_LOOK_MS * (look + 1), signal);
          }
          throw new SlackFailure('unsure', 'file_not_shared');
        },
        earlier.unsure,
      );
    },
  };
}
