import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/slack/clock.ts';
import { createLimiter, defaultRates } from '../../src/slack/limiter.ts';

/** Time that passes only when nobody has anything to do at the present moment. */
function steppedClock(): Clock & { nowMs(): number } {
  let nowMs = 1_000_000;
  const waiting: { readonly atMs: number; readonly wake: () => void }[] = [];
  let stepping = false;
  async function step(): Promise<void> {
    if (stepping) return;
    stepping = true;
    while (waiting.length > 0) {
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
      waiting.sort((a, b) => a.atMs - b.atMs);
      const next = waiting.shift();
      nowMs = Math.max(nowMs, next?.atMs ?? nowMs);
      next?.wake();
    }
    stepping = false;
  }
  return {
    nowMs: () => nowMs,
    now: () => new Date(nowMs),
    wait: (ms) =>
      new Promise((resolve) => {
        waiting.push({ atMs: nowMs + ms, wake: resolve });
        void step();
      }),
  };
}

const { signal } = new AbortController();

describe('the limiter', () => {
  it('gives a channel a small burst and then less than one post a second', async () => {
    const clock = steppedClock();
    const limiter = createLimiter({ clock });
    const started = clock.nowMs();
    const at: number[] = [];
    for (let post = 0; post < 8; post += 1) {
      await limiter.post('C1', signal);
      at.push(clock.nowMs() - started);
    }
    expect(at.slice(0, 3)).toEqual([0, 0, 0]);
    for (let post = 3; post < 8; post += 1) expect((at[post] ?? 0) - (at[post - 1] ?? 0)).toBeGreaterThanOrEqual(1_000);
  });

  it('lets other channels go on while Slack asks one to wait', async () => {
    const clock = steppedClock();
    const limiter = createLimiter({ clock });
    const started = clock.nowMs();
    limiter.pausePosts('C1', 30_000);
    await limiter.post('C2', signal);
    expect(clock.nowMs() - started).toBe(0);
    await limiter.post('C1', signal);
    expect(clock.nowMs() - started).toBeGreaterThanOrEqual(30_000);
  });

  it('never edits more often than the budget in any minute, and keeps some for what is urgent', async () => {
    const clock = steppedClock();
    const limiter = createLimiter({ clock });
    const started = clock.nowMs();
    const at: number[] = [];
    for (let edit = 0; edit < 30; edit += 1) {
      await limiter.edit(false, signal);
      at.push(clock.nowMs());
    }
    expect(clock.nowMs()).toBe(started);
    const late = limiter.edit(false, signal).then(() => at.push(clock.nowMs()));
    const urgent = Array.from({ length: 10 }, () => limiter.edit(true, signal).then(() => at.push(clock.nowMs())));
    await Promise.all(urgent);
    await late;
    expect(at.filter((ms) => ms === started)).toHaveLength(40);
    for (const ms of at)
      expect(at.filter((other) => other > ms - 60_000 && other <= ms).length).toBeLessThanOrEqual(
        defaultRates.editsPerMinute,
      );
  });

  it('waits as long as Slack asks before the next edit', async () => {
    const clock = steppedClock();
    const limiter = createLimiter({ clock });
    const started = clock.nowMs();
    limiter.pauseEdits(7_000);
    await limiter.edit(true, signal);
    expect(clock.nowMs() - started).toBe(7_000);
  });

  it('ends a wait when it is aborted', async () => {
    const limiter = createLimiter({ clock: steppedClock() });
    const closing = new AbortController();
    closing.abort();
    limiter.pauseEdits(1_000_000);
    await limiter.edit(false, closing.signal);
    expect(closing.signal.aborted).toBe(true);
  });
});
