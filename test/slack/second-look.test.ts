import { describe, expect, it } from 'vitest';
import { createSecondLook } from '../../src/slack/second-look.ts';
import { SlackFailure } from '../../src/slack/slack-port.ts';
import { memoryLogger, until } from './support/local.ts';

/** Second looks on a clock that a test moves: `pass` ends every wait that has begun. */
function looking() {
  const waits: { ms: number; end: () => void }[] = [];
  const ending = new AbortController();
  const logger = memoryLogger();
  const clock = {
    now: () => new Date(0),
    wait: (ms: number) => new Promise<void>((end) => void waits.push({ ms, end })),
  };
  const second = createSecondLook({ clock, logger, signal: ending.signal, afterMs: 30_000 });
  const pass = async (ms: number): Promise<void> => {
    const wait = await until(`a wait of ${ms}`, () => waits.find((one) => one.ms === ms));
    waits.splice(waits.indexOf(wait), 1);
    wait.end();
  };
  return { second, pass, waits, ending, logger };
}

describe('a second look', () => {
  it('is made once, with what was written last', async () => {
    const { second, pass, waits } = looking();
    const seen: string[] = [];
    second.doubt('m', async () => void seen.push('old'));
    second.renew('m', async () => void seen.push('new'));
    second.renew('other', async () => void seen.push('nobody doubts it'));
    await pass(30_000);
    await until('the look', () => seen.length > 0);
    expect([seen, waits]).toEqual([['new'], []]);
    second.renew('m', async () => void seen.push('it is settled'));
    expect(seen).toEqual(['new']);
  });

  it('waits anew when the doubt comes up again, and is repeated when Slack does not answer', async () => {
    const { second, pass } = looking();
    const seen: string[] = [];
    second.doubt('m', async () => void seen.push('first'));
    second.doubt('m', async () => {
      seen.push('second');
      if (seen.length === 1) throw new SlackFailure('unsure', 'no_answer');
      if (seen.length === 2) throw new SlackFailure('rate', 'ratelimited', { retryAfterMs: 9_000 });
    });
    await pass(30_000);
    await pass(30_000);
    await pass(5_000);
    await pass(9_000);
    await until('the third', () => seen.length === 3);
    expect(seen).toEqual(['second', 'second', 'second']);
  });

  it('writes what was written while it wrote', async () => {
    const { second, pass } = looking();
    const seen: string[] = [];
    second.doubt('m', async () => {
      seen.push('old');
      second.renew('m', async () => void seen.push('new'));
    });
    await pass(30_000);
    await pass(0);
    await until('the newer one', () => seen.length === 2);
    expect(seen).toEqual(['old', 'new']);
  });

  it('is given up at the end, and when Slack refuses it, in words', async () => {
    const { second, pass, ending, logger } = looking();
    const seen: string[] = [];
    second.doubt('m', async () => {
      throw new SlackFailure('refused', 'message_not_found');
    });
    await pass(30_000);
    await until('a word', () => logger.lines.length > 0);
    second.doubt('n', async () => void seen.push('too late'));
    ending.abort();
    await pass(30_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen).toEqual([]);
    expect(logger.lines[0]?.message).toContain('could not look again');
  });
});
