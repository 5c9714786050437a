import type { Logger } from '../contract/logger.ts';
import type { Clock } from './clock.ts';
import { SlackFailure } from './slack-port.ts';

/** What Slack did not answer may still be carried out after it was done again: a look some time later sets that right. */
export type SecondLook = {
  /** A write about this had no answer: `look` runs when it can hardly come any more. Said again meanwhile, the later look counts. */
  doubt(about: string, look: () => Promise<void>): void;
  /** The same was written again and answered: where there is a doubt about it, this look runs instead. */
  renew(about: string, look: () => Promise<void>): void;
};

const TRY_AGAIN_MS = 5_000;

/** Second looks `afterMs` after a doubt. One that has not run when `signal` aborts is given up: whoever tells then looks into the channel itself. */
export function createSecondLook(options: {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly afterMs: number;
}): SecondLook {
  const { clock, logger, signal, afterMs } = options;
  const doubts = new Map<string, { look: () => Promise<void>; times: number }>();

  async function wait(about: string, doubt: { look: () => Promise<void>; times: number }): Promise<void> {
    for (let waitMs: number | undefined = afterMs; waitMs !== undefined; ) {
      const { times } = doubt;
      await clock.wait(waitMs, signal);
      if (signal.aborted) break;
      const { look } = doubt;
      const again = doubt.times === times ? await tryOnce(about, look) : afterMs;
      // A doubt that came up meanwhile has a time of its own; what was written meanwhile is written after what this look has written.
      waitMs = doubt.times !== times ? afterMs : doubt.look === look ? again : 0;
    }
    doubts.delete(about);
  }

  /** How long to wait before the next try; undefined: there is none. */
  async function tryOnce(about: string, look: () => Promise<void>): Promise<number | undefined> {
    try {
      await look();
      return undefined;
    } catch (error) {
      if (!(error instanceof SlackFailure) || error.kind === 'refused') {
        logger.warn({ about, error: String(error) }, 'could not look again at what Slack had not answered');
        return undefined;
      }
      return Math.max(error.retryAfterMs, TRY_AGAIN_MS);
    }
  }

  return {
    doubt(about, look) {
      const known = doubts.get(about);
      if (known !== undefined) Object.assign(known, { look, times: known.times + 1 });
      else {
        const doubt = { look, times: 1 };
        doubts.set(about, doubt);
        void wait(about, doubt);
      }
    },
    renew(about, look) {
      const doubt = doubts.get(about);
      if (doubt !== undefined) doubt.look = look;
    },
  };
}
