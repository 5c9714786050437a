import type { Logger } from '../contract/logger.ts';
import type { ToldStore } from '../contract/told.ts';
import type { Clock } from './clock.ts';
import type { Limiter } from './limiter.ts';
import { hashOf } from './next-action.ts';
import type { Poster } from './post-once.ts';
import { type Outgoing, SlackFailure } from './slack-port.ts';
import type { Notice } from './story-standing.ts';

/** Under which id notices are remembered; no incident has it. */
const PLACE = 'standing';

/** Messages of the channel that belong to no incident: each posted once, and edited when what it says has changed. */
export function createNotices(options: {
  readonly poster: Poster;
  readonly limiter: Limiter;
  readonly told: ToldStore;
  readonly channel: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}): { tell(notices: readonly Notice[]): Promise<void> } {
  const { poster, limiter, told, channel, clock, logger, signal } = options;

  async function tellOne(notice: Notice): Promise<void> {
    const { key, text, blocks } = notice;
    const before = (await told.get(PLACE))[key];
    const hash = hashOf(notice);
    const mark = { incident: PLACE, key, hash };
    if (before?.state === 'told') {
      if (before.hash === hash) return;
      await limiter.edit(true, signal);
      await poster.edit({ channel: before.channel, ts: before.ts, text, blocks, mark });
      await told.set(PLACE, key, { ...before, hash });
      return;
    }
    const sinceMs = before?.sinceMs ?? clock.now().getTime();
    await told.set(PLACE, key, { state: 'posting', channel, ts: '', hash: '', sinceMs });
    const outgoing = (): Outgoing => ({ channel, text, blocks, mark });
    const { ts } = await poster.post(outgoing, { sinceMs, unsure: before?.state === 'posting' });
    await told.set(PLACE, key, { state: 'told', channel, ts, hash, sinceMs });
  }

  return {
    async tell(notices) {
      for (const notice of notices) {
        try {
          await tellOne(notice);
        } catch (error) {
          // The next turn comes back to it with the latest words.
          const code = error instanceof SlackFailure ? error.code : String(error);
          logger.warn({ key: notice.key, code }, 'a notice did not come off');
        }
      }
    },
  };
}
