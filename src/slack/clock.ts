import { setTimeout as sleep } from 'node:timers/promises';

/** Time for everything here that waits; tests pass their own. */
export type Clock = {
  readonly now: () => Date;
  /** Resolves after so many milliseconds, or at once when the signal aborts. */
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>;
};

/** The machine's time. */
export const systemClock: Clock = {
  now: () => new Date(),
  async wait(ms, signal) {
    try {
      await sleep(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      if (signal?.aborted !== true) throw error;
    }
  },
};
