import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SetAside } from '../../src/domain/entry.ts';
import { createRedisLedger } from '../../src/ledger/redis-ledger.ts';
import { ledgerConformance } from '../conformance/ledger.ts';
import { ledgerByWriter } from '../support/builders/by-writer.ts';
import { lookStarted, opened, requested } from '../support/builders/entries.ts';
import { createMemoryLedger } from '../support/builders/memory-ledger.ts';
import { aPlan, BOB, NOON, REQUEST } from '../support/builders/plans.ts';
import { type RedisHere, startRedisHere } from '../support/builders/redis-here.ts';
import { keysHere, startKeys } from '../support/builders/signing.ts';

const keys = startKeys();
afterAll(() => keys.close());

type Program = 'bot' | 'shell' | 'worker';

function ledgerOf(
  program: Program,
  server: RedisHere,
  prefix: string,
  told: SetAside[] = [],
  signing = keys.signing(program),
) {
  return createRedisLedger({
    redis: server.connect(),
    blocking: server.connect,
    prefix,
    now: () => new Date(),
    signing,
    onSetAside: (aside) => void told.push(aside),
  });
}

function ledgerOn(server: RedisHere, prefix: string) {
  return ledgerByWriter((program) => ledgerOf(program, server, prefix));
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

  describe('read by somebody who knows who writes what', () => {
    const [incident, other] = ['i-00000010', 'i-00000011'];
    const approved = { kind: 'approved', request: REQUEST, by: BOB } as const;

    /** An incident with a prompt that Bob has approved, and the raw row of his yes. */
    async function approvedIn(prefix: string) {
      const told: SetAside[] = [];
      const bot = ledgerOf('bot', server, prefix, told);
      const redis = server.connect();
      await bot.append(incident, opened());
      await bot.append(other, opened());
      await bot.append(incident, requested(aPlan()));
      await bot.append(incident, approved);
      const row = (await redis.xrange(`${prefix}:incident:${incident}`, '-', '+')).at(-1)?.[1] ?? [];
      const add = (to: string, fields: readonly string[]) => redis.xadd(`${prefix}:incident:${to}`, '*', ...fields);
      return { bot, redis, told, row, add };
    }

    it.each<[string, string, (fields: readonly string[]) => readonly string[]]>([
      ['unsigned', 'without a signature', (fields) => fields.slice(0, 4)],
      ['repeated', 'that is a copy', (fields) => fields],
      ['bad_signature', 'altered by a byte', (fields) => fields.map((one) => one.replace('U0BOB', 'U0BOC'))],
      ['bad_signature', 'with another time', (fields) => ['at', NOON, ...fields.slice(2)]],
      ['bad_signature', 'with another number', (fields) => fields.with(fields.indexOf('number') + 1, '99')],
      ['bad_signature', 'with a number that is none', (fields) => fields.with(fields.indexOf('number') + 1, 'NaN')],
      ['bad_signature', 'of another run', (fields) => fields.with(fields.indexOf('run') + 1, 'ab'.repeat(8))],
      ['bad_signature', 'that says it is the shell’s', (fields) => fields.with(fields.indexOf('key') + 1, 'shell')],
      ['unknown_key', 'by a key nobody knows', (fields) => fields.with(fields.indexOf('key') + 1, 'key:mallory')],
      ['unknown_key', 'by a key that is a path', (fields) => fields.with(fields.indexOf('key') + 1, '../private/bot')],
      ['bad_signature', 'that is no event', (fields) => fields.with(fields.indexOf('event') + 1, '{')],
    ])('calls %s a yes %s, tells it once and counts it for nothing', async (why, what, forge) => {
      const { bot, told, row, add } = await approvedIn(`medic:${what.replace(/\W/g, '')}`);
      const before = await bot.entries(incident);
      await add(incident, forge(row));
      expect(await bot.entries(incident)).toEqual(before);
      expect(await bot.entries(incident)).toEqual(before);
      expect((await bot.setAside(incident)).map((aside) => aside.why)).toEqual([why]);
      expect(told.map((aside) => aside.why)).toEqual([why]);
    });

    it('moves no entry into another incident or cluster', async () => {
      const { bot, row, add } = await approvedIn('medic:moved');
      await add(other, row);
      expect((await bot.entries(other)).map(({ event }) => event.kind)).toEqual(['opened']);
      const elsewhere = ledgerOf('bot', server, 'medic:moved', [], keys.signing('bot', 'elsewhere'));
      expect(await elsewhere.entries(incident)).toEqual([]);
    });

    it('believes nobody what they do not write', async () => {
      const { bot, told } = await approvedIn('medic:roles');
      const before = await bot.entries(incident);
      await ledgerOf('worker', server, 'medic:roles').append(incident, approved);
      await ledgerOf('shell', server, 'medic:roles').append(incident, approved);
      await bot.append(incident, { ...approved, by: 'cli:alice' });
      await bot.append(incident, lookStarted);
      expect(await bot.entries(incident)).toEqual(before);
      expect(told.map(({ why, event }) => [why, event?.kind])).toEqual([
        ['not_its_writer', 'approved'],
        ['not_its_writer', 'approved'],
        ['not_its_writer', 'approved'],
        ['not_its_writer', 'check_started'],
      ]);
    });

    it('is not fooled by a stream that is made again with the same ids', async () => {
      const { bot, redis } = await approvedIn('medic:again');
      expect(await bot.entries(incident)).toHaveLength(3);
      const key = `medic:again:incident:${incident}`;
      const rows = await redis.xrange(key, '-', '+');
      await redis.del(key);
      for (const [id, fields] of rows) await redis.xadd(key, id, ...fields.map((one) => one.replace('U0BOB', 'U0BOC')));
      expect((await bot.entries(incident)).map(({ event }) => event.kind)).toEqual(['opened', 'requested']);
    });

    it('gives the same list again for as long as nothing was added', async () => {
      const { bot } = await approvedIn('medic:same');
      const before = await bot.entries(incident);
      expect(await bot.entries(incident)).toBe(before);
      await bot.append(incident, { kind: 'acknowledged', by: BOB });
      expect(await bot.entries(incident)).toEqual([...before, expect.objectContaining({ event: expect.anything() })]);
    });

    it('reads what it has read before as somebody who reads it for the first time, whatever is done to the stream', async () => {
      let prefixes = 0;
      const doing = fc.constantFrom('append', 'forge', 'copy', 'delete', 'again', 'alter');
      await fc.assert(
        fc.asyncProperty(fc.array(doing, { minLength: 1, maxLength: 8 }), fc.nat(7), async (doings, at) => {
          prefixes += 1;
          const prefix = `medic:old${prefixes}`;
          const { bot, redis, row, add } = await approvedIn(prefix);
          const key = `${prefix}:incident:${incident}`;
          for (const one of doings) {
            const rows = await redis.xrange(key, '-', '+');
            const [id = '', fields = []] = rows[at % Math.max(1, rows.length)] ?? [];
            if (one === 'append') await bot.append(incident, { kind: 'acknowledged', by: BOB });
            else if (one === 'forge') await add(incident, row.slice(0, 4));
            else if (one === 'copy') await add(incident, row);
            else if (one === 'delete') await redis.xdel(key, id);
            else {
              await redis.del(key);
              for (const [old, said] of rows)
                await redis.xadd(key, old, ...(one === 'again' || old !== id ? said : [...fields.slice(0, -1), 'x']));
            }
            const fresh = ledgerOf('bot', server, prefix);
            expect(await bot.entries(incident)).toEqual(await fresh.entries(incident));
            expect(await bot.setAside(incident)).toEqual(await fresh.setAside(incident));
          }
        }),
        { numRuns: 40 },
      );
    });

    it('hands followers nothing of what is set aside', async () => {
      const { bot, redis, row } = await approvedIn('medic:follow');
      await redis.xadd('medic:follow:all', '*', 'incident', other, 'id', '1-1', ...row);
      await bot.append(other, requested(aPlan()));
      const seen: string[] = [];
      const stop = new AbortController();
      await bot.follow({
        cursor: undefined,
        signal: AbortSignal.any([stop.signal, AbortSignal.timeout(10_000)]),
        onEntry({ incident: of, event }) {
          seen.push(`${of} ${event.kind}`);
          if (of === other && event.kind === 'requested') stop.abort();
        },
      });
      expect(seen).toEqual([
        `${incident} opened`,
        `${other} opened`,
        `${incident} requested`,
        `${incident} approved`,
        `${other} requested`,
      ]);
    });

    it('numbers what one process wrote without a gap, also where something was there already', async () => {
      const { bot, redis } = await approvedIn('medic:gaps');
      const tries = Array.from({ length: 20 }, (_, index) =>
        bot.append(incident, { kind: 'acknowledged', by: BOB }, { once: `ack:${index % 3}` }),
      );
      await Promise.all(tries);
      await expect(bot.append(incident, opened({ scope: { models: [], nodes: [], checks: [] } }))).rejects.toThrow();
      await bot.append(incident, { kind: 'acknowledged', by: BOB });
      const rows = await redis.xrange('medic:gaps:all', '-', '+');
      const numbers = rows.map(([, fields]) => Number(fields[fields.indexOf('number') + 1]));
      expect(numbers).toEqual(numbers.map((_, index) => index + 1));
      expect(numbers).toHaveLength(8);
    });

    it('does not know a worker whose public half it was not given, and does as soon as it has it', async () => {
      const stranger = keysHere();
      const own = keysHere();
      const { hands } = own.signing('bot');
      const { pen } = stranger.signing('worker');
      await ledgerOf('worker', server, 'medic:stranger', [], { cluster: 'test', pen, hands }).append(
        incident,
        lookStarted,
      );
      const bot = ledgerOf('bot', server, 'medic:stranger', [], own.signing('bot'));
      expect((await bot.setAside(incident)).map(({ why }) => why)).toEqual(['unknown_key']);
      mkdirSync(join(own.stateDir, 'workers'), { recursive: true });
      copyFileSync(
        join(stranger.stateDir, 'workers', `${pen.key}.pem`),
        join(own.stateDir, 'workers', `${pen.key}.pem`),
      );
      expect((await bot.entries(incident)).map(({ event }) => event.kind)).toEqual(['check_started']);
    });

    it('lets no worker’s key sign what an approval’s key signs', () => {
      const { stateDir, signing } = keysHere();
      signing('worker');
      expect(existsSync(join(stateDir, 'public', 'worker.pem'))).toBe(false);
      expect(existsSync(join(stateDir, 'private', 'worker.pem'))).toBe(true);
    });
  });
});
