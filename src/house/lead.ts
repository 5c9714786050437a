import { LEADER, type Leases } from '../contract/leases.ts';
import type { Logger } from '../contract/logger.ts';

/** How long a bot leads without a word from it, and how often it says that it is there (ms). */
const LEAD_MS = 5_000;
const SAY_MS = 1_000;

/** What only the leader does, from when it leads until it does not. */
export type Term = { stop(): Promise<void> };

/**
 * Of all bots of a cluster exactly one leads: it begins a term when it gets the lease and ends it when it may have lost it, by its own
 * clock and before anybody else can have it. One that dies is followed within `LEAD_MS`; one that ends in order gives the lease back.
 */
export function lead(options: {
  readonly leases: Leases;
  /** Differs between bots and between starts. */
  readonly owner: string;
  readonly term: () => Promise<Term>;
  readonly nowMs: () => number;
  readonly logger: Logger;
}): { stop(): Promise<void> } {
  const { leases, owner, nowMs, logger } = options;
  let untilMs = 0;
  let term: Promise<Term> | undefined;
  let ending: Promise<void> | undefined;
  let asking: Promise<void> | undefined;

  async function ask(): Promise<void> {
    const sinceMs = nowMs();
    try {
      untilMs = (await leases.acquire(LEADER, owner, LEAD_MS)) ? sinceMs + LEAD_MS - SAY_MS : 0;
    } catch (error) {
      logger.warn({ error }, 'cannot ask who leads');
    }
    turn();
  }

  function turn(): void {
    const leads = nowMs() < untilMs;
    if (leads && term === undefined && ending === undefined) begin();
    else if (!leads && term !== undefined) void end('another bot leads, or Redis did not answer in time');
  }

  function begin(): void {
    logger.info({}, 'this bot leads');
    const begun = options.term();
    term = begun;
    begun.catch((error: unknown) => {
      logger.error({ error }, 'could not begin to lead; it is tried again');
      if (term === begun) term = undefined;
    });
  }

  async function end(why: string): Promise<void> {
    const ended = term;
    term = undefined;
    if (ended === undefined) return;
    logger.info({ why }, 'this bot leads no more');
    ending = ended
      .then((running) => running.stop())
      .catch((error: unknown) => logger.error({ error }, 'could not end in order what a leader does'))
      .finally(() => {
        ending = undefined;
      });
    await ending;
  }

  const timer = setInterval(() => {
    turn();
    asking ??= ask().finally(() => {
      asking = undefined;
    });
  }, SAY_MS);
  asking = ask().finally(() => {
    asking = undefined;
  });
  return {
    async stop() {
      clearInterval(timer);
      await asking;
      await end('it is ending');
      await leases.release(LEADER, owner);
    },
  };
}
