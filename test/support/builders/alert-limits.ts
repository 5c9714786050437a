import type { AlertLimits } from '../../../src/engine/open-alert.ts';

/** Times and measures of alerts for tests. */
export function anAlertLimits(but: Partial<AlertLimits> = {}): AlertLimits {
  return {
    groupWaitMs: 10_000,
    groupIntervalMs: 300_000,
    retryWindowMs: 180_000,
    watchEveryMs: 15_000,
    reopenMinutes: 60,
    repeatIntervalMs: 14_400_000,
    looksPerMinute: 1_000,
    flapTimes: 3,
    flapMinutes: 60,
    steadyMinutes: 15,
    ...but,
  };
}
