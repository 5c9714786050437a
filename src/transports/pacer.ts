import { setTimeout as sleepFor } from 'node:timers/promises';

/** Keeps a stream of bytes at or below a rate: `passed` resolves when so many bytes more may have gone by. */
export type Pacer = { passed(bytes: number): Promise<void> };

/** Where time comes from; tests bring their own. */
export type PacerClock = { readonly nowMs: () => number; readonly sleep: (ms: number) => Promise<void> };

/** A pacer for so many bytes a second; undefined: nothing is held back. Ends waiting when the signal comes. */
export function createPacer(
  bytesPerSecond: number | undefined,
  signal: AbortSignal,
  clock: PacerClock = realClock(signal),
): Pacer {
  const startedMs = clock.nowMs();
  let bytes = 0;
  return {
    async passed(more) {
      if (bytesPerSecond === undefined) return;
      bytes += more;
      const earlyMs = startedMs + (bytes / bytesPerSecond) * 1_000 - clock.nowMs();
      if (earlyMs > 0) await clock.sleep(earlyMs);
    },
  };
}

function realClock(signal: AbortSignal): PacerClock {
  return {
    nowMs: () => performance.now(),
    // A transfer that is given up has nothing to wait for.
    sleep: (ms) => sleepFor(ms, undefined, { signal }).catch(() => undefined),
  };
}
