import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPacer } from '../../src/transports/pacer.ts';

const never = new AbortController().signal;

describe('a pacer', () => {
  it('never lets more by than its rate allows, however the bytes come', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.array(fc.integer({ min: 1, max: 100_000 })),
        async (rate, chunks) => {
          let nowMs = 0;
          const pacer = createPacer(rate, never, { nowMs: () => nowMs, sleep: async (ms) => void (nowMs += ms) });
          let bytes = 0;
          for (const chunk of chunks) {
            await pacer.passed(chunk);
            bytes += chunk;
            expect(nowMs).toBeCloseTo((bytes / rate) * 1_000, 3);
          }
        },
      ),
    );
  });

  it('waits for nothing without a rate, and not for a transfer that was given up', async () => {
    await createPacer(undefined, never).passed(1e12);
    const ended = new AbortController();
    ended.abort();
    await createPacer(1, ended.signal).passed(1e12);
  });
});
