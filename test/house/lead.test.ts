import { afterEach, describe, expect, it } from 'vitest';
import type { Leases } from '../../src/contract/leases.ts';
import { lead } from '../../src/house/lead.ts';
import { until } from '../support/flow/until.ts';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const bots: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  for (const bot of bots.splice(0)) await bot.stop();
});

/** Leases over one owner, with a switch for a Redis that does not answer. */
function memoryLeases(): Leases & { holder: string | undefined; fails: boolean } {
  const self = {
    holder: undefined as string | undefined,
    fails: false,
    async acquire(_: string, owner: string) {
      if (self.fails) throw new Error('no answer');
      self.holder ??= owner;
      return self.holder === owner;
    },
    async release(_: string, owner: string) {
      if (self.holder === owner) self.holder = undefined;
    },
    held: async () => self.holder !== undefined,
  };
  return self;
}

function bot(owner: string, leases: Leases, log: string[], nowMs = () => performance.now()): { stop(): Promise<void> } {
  const running = lead({
    leases,
    owner,
    nowMs,
    logger: quiet,
    term: async () => {
      log.push(`${owner} begins`);
      return { stop: async () => void log.push(`${owner} ends`) };
    },
  });
  bots.push(running);
  return running;
}

describe('the one that leads', () => {
  it('is one of many, and is followed as soon as it ends in order', async () => {
    const leases = memoryLeases();
    const log: string[] = [];
    const first = bot('a', leases, log);
    await until('a leads', () => log.includes('a begins'));
    bot('b', leases, log);
    await first.stop();
    await until('b leads', () => log.includes('b begins'));
    expect(log).toEqual(['a begins', 'a ends', 'b begins']);
  });

  it('ends its term by its own clock when Redis does not answer, before anybody else can have the lease', async () => {
    const leases = memoryLeases();
    const log: string[] = [];
    let skippedMs = 0;
    bot('a', leases, log, () => performance.now() + skippedMs);
    await until('a leads', () => log.includes('a begins'));
    leases.fails = true;
    skippedMs = 4_500;
    await until('a ends', () => log.includes('a ends'));
    leases.fails = false;
    await until('a leads again', () => log.length === 3);
    expect(log).toEqual(['a begins', 'a ends', 'a begins']);
  });

  it('ends its term when another one has the lease', async () => {
    const leases = memoryLeases();
    const log: string[] = [];
    bot('a', leases, log);
    await until('a leads', () => log.includes('a begins'));
    leases.holder = 'b';
    await until('a ends', () => log.includes('a ends'));
  });
});
