import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRedisLedger } from '../../src/ledger/redis-ledger.ts';
import { ledgerConformance } from '../conformance/ledger.ts';
import { opened } from '../support/builders/entries.ts';
import { createMemoryLedger } from '../support/builders/memory-ledger.ts';
import { type RedisHere, startRedisHere } from '../support/builders/redis-here.ts';

function ledgerOn(server: RedisHere, prefix: string) {
  return createRedisLedger({ redis: server.connect(), blocking: server.connect, prefix, now: () => new Date() });
}

ledgerConformance('Redis', async () => {
  const server = await startRedisHere();
  return { ledger: ledgerOn(server, 'medic:test'), other: ledgerOn(server, 'medic:test'), close: server.close };
});

// The ledger that other tests use instead of Redis keeps the same promises, or those tests prove nothing.
ledgerConformance('memory', async () => {
  const ledger = createMemoryLedger();
  return { ledger, other: ledger, close: async () => {} };
});

describe('the ledger on Redis', () => {
  let server: RedisHere;
  beforeAll(async () => {
    server = await startRedisHere();
  });
  afterAll(async () => {
    await server.close();
  });

  it('keeps clusters apart by their prefix', async () => {
    await ledgerOn(server, 'medic:a').append('i-00000001', opened());
    expect(await ledgerOn(server, 'medic:b').entries('i-00000001')).toEqual([]);
    expect(await ledgerOn(server, 'medic:b').recent(10)).toEqual([]);
  });

  it('stops following aloud when an entry cannot be handled, so that nothing is skipped', async () => {
    const ledger = ledgerOn(server, 'medic:d');
    await ledger.append('i-00000003', opened());
    const following = ledger.follow({
      cursor: undefined,
      signal: AbortSignal.timeout(10_000),
      onEntry() {
        throw new Error('cannot');
      },
    });
    await expect(following).rejects.toThrow('cannot');
  });
});
