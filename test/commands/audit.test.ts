import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { audit } from '../../commands/audit.ts';
import type { Ledger } from '../../src/contract/ledger.ts';
import type { Event } from '../../src/domain/entry.ts';
import { incidentOf } from '../../src/domain/incident.ts';
import { markWords } from '../../src/domain/trail.ts';
import { keepTrail } from '../../src/engine/keep-trail.ts';
import { saveNew } from '../../src/house/trail.ts';
import { openTrailFile } from '../../src/keys/trail-file.ts';
import { createRedisLedger } from '../../src/ledger/redis-ledger.ts';
import { createRedisOrders } from '../../src/ledger/redis-orders.ts';
import { createRedisLeases } from '../../src/ledger/redis-stores.ts';
import { createRedisTrail } from '../../src/ledger/redis-trail.ts';
import { ledgerByWriter } from '../support/builders/by-writer.ts';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';
import { aFinding, looked, opened, requested, started } from '../support/builders/entries.ts';
import { ALICE, aPlan, aReceipt, aResult, BOB, REQUEST } from '../support/builders/plans.ts';
import { type RedisHere, startRedisHere } from '../support/builders/redis-here.ts';
import { startKeys } from '../support/builders/signing.ts';

const keys = startKeys();
let server: RedisHere;
let count = 0;
beforeAll(async () => {
  server = await startRedisHere();
});
afterAll(async () => {
  keys.close();
  await server.close();
});

const incident = 'i-00000001';
const approved: Event = { kind: 'approved', request: REQUEST, by: BOB, channel: 'C0OPS' };
const lock = {
  kind: 'locked',
  by: ALICE,
  id: 'l-00000001',
  nodes: ['vast-1'],
  models: [],
  reason: 'a new disk',
} as const;

/** A cluster of its own in which something happened, and a trail of it that was kept. */
async function world() {
  const prefix = `medic:trail-${(count += 1)}`;
  const redis = server.connect();
  const now = () => new Date();
  const folder = mkdtempSync(join(tmpdir(), 'medic-trail-'));
  const file = join(folder, 'trail.jsonl');
  const signing = keys.signing('bot');
  const common = { redis, prefix, now };
  const newLedger = () =>
    ledgerByWriter((program) =>
      createRedisLedger({
        ...common,
        blocking: server.connect,
        signing: keys.signing(program === 'shell' ? 'bot' : program),
      }),
    );
  const ledger = newLedger();
  const orders = createRedisOrders({ ...common, signing });
  const trail = createRedisTrail({ redis, prefix, signing });
  const kept = openTrailFile(file);
  const leases = createRedisLeases(redis, prefix);
  const keep = (owner = 'a', append: Ledger['append'] = (...entry) => ledger.append(...entry)) =>
    keepTrail({ cluster: 'test', trail, kept, ledger: { append }, pen: signing.pen, leases, owner, now });
  const { context } = createCommandWorld();
  const say = (words: string, place?: { channel: string }) =>
    audit.handle(words.split(' ').filter(Boolean), {
      ...context,
      trail,
      now,
      place,
      ...(place === undefined ? { kept, save: saveNew } : {}),
    });
  const verified = async (mark = '') => {
    const reply = await say(`verify ${mark}`);
    return { exit: reply.kind === 'said' ? reply.exit : undefined, text: textOf(reply) };
  };
  for (const event of [opened(), looked([aFinding()]), requested(aPlan()), approved])
    await ledger.append(incident, event);
  await orders.append({ ...lock, nodes: ['vast-1'], models: [], at: now().toISOString() });
  await keep();
  const streams = { all: `${prefix}:all`, own: `${prefix}:incident:${incident}`, orders: `${prefix}:orders` };
  return { redis, streams, ledger, newLedger, orders, keep, say, verified, file, folder };
}

describe('audit', () => {
  let here: Awaited<ReturnType<typeof world>>;
  beforeEach(async () => {
    here = await world();
    return () => rmSync(here.folder, { recursive: true, force: true });
  });

  it('lists who did what, through which program, where', async () => {
    const lines = textOf(await here.say('')).split('\n');
    expect(lines[0]).toBe('4 acts in the last 7 days');
    expect(lines.slice(1).map((line) => line.trim().slice(21))).toEqual([
      `${ALICE}  bot  ${incident}  asked: check`,
      expect.stringMatching(new RegExp(`bot {2}${incident} {2}plan [0-9a-f]{8} waits for 1 approval`)),
      `${BOB}  bot C0OPS  ${incident}  approved`,
      `${ALICE}  bot  order  locked id l-00000001 nodes vast-1 reason a new disk`,
    ]);
    await here.redis.xadd(here.streams.all, '*', 'incident', incident, 'id', '1-1', 'at', '', 'event', '{}');
    expect(textOf(await here.say(''))).toContain('nothing that can be read  ✗ unsigned: counts for nothing');
  });

  it('tells as a difference what a side has read', async () => {
    const digest = 'ab'.repeat(32);
    const setup = { inventory: digest, models: digest, coordinator: digest, roles: digest };
    const said = { kind: 'configured', side: 'desk', at: new Date().toISOString() } as const;
    await here.orders.append({ ...said, setup });
    await here.orders.append({ ...said, setup: { ...setup, roles: 'cd'.repeat(32) } });
    const words = ['roles operators: root@10.0.0.7'];
    await here.orders.append({ ...said, setup: { ...setup, roles: 'ef'.repeat(32) }, words });
    await here.orders.append({ ...said, setup, words: ['roles operators: cli:bob'] });
    expect(
      textOf(await here.say(''))
        .split('\n')
        .slice(-4),
    ).toEqual([
      expect.stringContaining('the configuration of the desk was read'),
      expect.stringContaining('the configuration of the desk changed: roles and approvals (abab…abab => cdcd…cdcd)'),
      expect.stringContaining('changed: roles and approvals (cdcd…cdcd => efef…efef)'),
      expect.stringContaining('changed: roles operators: [user]@[address] => cli:bob'),
    ]);
  });

  it('shows the last of it in Slack, and verifies and exports in the shell alone', async () => {
    for (let time = 0; time < 25; time += 1)
      await here.ledger.append(incident, { kind: 'asked', by: ALICE, text: 'fix' });
    const place = { channel: 'C0OPS' };
    expect(textOf(await here.say('', place)).split('\n')).toHaveLength(21);
    expect(textOf(await here.say('')).split('\n')).toHaveLength(30);
    for (const words of ['verify', 'export x.jsonl'])
      expect(await here.say(words, place)).toMatchObject({ kind: 'refused', refusal: { code: 'usage' } });
  });

  it('exports every row, and says which count', async () => {
    const to = join(here.folder, 'export.jsonl');
    expect(textOf(await here.say(`export ${to}`))).toBe(`5 entries in ${to}`);
    const rows = readFileSync(to, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows).toHaveLength(5);
    expect(rows).toEqual(rows.map(() => expect.objectContaining({ counts: 'yes', sign: expect.any(String) })));
  });

  it.each([
    '--since',
    '--since x',
    '--since 0d',
    'verify now',
    'verify 7:3fa1',
    'verify 7:3fa1c09e x',
    'export',
    'all',
  ])('refuses %s', async (words) => {
    expect(await here.say(words)).toMatchObject({ kind: 'refused', refusal: { code: 'usage' } });
  });

  it('verifies what was written, kept in several parts and by several in turn', async () => {
    await here.ledger.append(incident, { kind: 'acknowledged', by: ALICE });
    await Promise.all([here.keep('a'), here.keep('b')]);
    await here.ledger.append(incident, { kind: 'released', by: ALICE });
    await here.keep('b');
    await here.keep('b');
    expect(await here.verified()).toEqual({ exit: 0, text: '✓ 7 entries as they were written, 3 seals' });
  });

  it('verifies without a file what can be verified, and says what cannot', async () => {
    rmSync(here.file);
    expect(await here.verified()).toMatchObject({ exit: 0, text: expect.stringContaining('no trail is kept') });
  });

  type World = typeof here;
  const rowsOf = async ({ redis }: World, stream: string) => redis.xrange(stream, '-', '+');
  it.each<[string, string | RegExp, (at: World) => Promise<unknown>]>([
    [
      'a row that was taken out of the order of all',
      'are missing',
      async (at) => at.redis.xdel(at.streams.all, (await rowsOf(at, at.streams.all))[0]?.[0] ?? ''),
    ],
    [
      'the newest row, of which nothing in Redis tells',
      'was kept and is missing in Redis',
      async (at) => at.redis.xdel(at.streams.all, (await rowsOf(at, at.streams.all)).at(-1)?.[0] ?? ''),
    ],
    [
      'a row that was taken out of its incident',
      'is gone from its own incident',
      async (at) => at.redis.xdel(at.streams.own, (await rowsOf(at, at.streams.own)).at(-1)?.[0] ?? ''),
    ],
    [
      'an order that was taken out',
      'the order at',
      async (at) => at.redis.xdel(at.streams.orders, (await rowsOf(at, at.streams.orders))[0]?.[0] ?? ''),
    ],
    [
      'a row that nobody signed',
      'nobody signed it',
      async (at) => at.redis.xadd(at.streams.all, '*', 'incident', incident, 'id', '9-9', 'at', 'x', 'event', '{}'),
    ],
    [
      'a copy of a row',
      'a copy of one that came before it',
      async (at) => at.redis.xadd(at.streams.all, '*', ...((await rowsOf(at, at.streams.all)).at(-1)?.[1] ?? [])),
    ],
    [
      'a Redis that forgot everything',
      'was kept and is missing in Redis',
      async (at) => at.redis.del(...Object.values(at.streams)),
    ],
    [
      'a byte of the file',
      'altered, moved or made up',
      async (at) => writeFileSync(at.file, readFileSync(at.file, 'utf8').replace('U0BOB', 'U0BOC')),
    ],
    [
      'a line that was taken out of the file',
      'was altered before line',
      async (at) => writeFileSync(at.file, without(readFileSync(at.file, 'utf8'), 2)),
    ],
    [
      'a row that was moved in the file',
      /altered before line|are missing|copy of/,
      async (at) => {
        const lines = readFileSync(at.file, 'utf8').trim().split('\n');
        writeFileSync(at.file, `${[lines[4], ...lines.slice(0, 4), ...lines.slice(5)].join('\n')}\n`);
      },
    ],
    [
      'a seal that somebody else made',
      'is not signed by',
      async (at) =>
        writeFileSync(at.file, readFileSync(at.file, 'utf8').replace(/("cluster":"test".*"sign":")..../, '$1AAAA')),
    ],
    [
      'a row that was taken out of a file without seals',
      'is in Redis and not in the trail',
      async (at) => writeFileSync(at.file, unsealed(readFileSync(at.file, 'utf8'))),
    ],
  ])('names %s', async (_, said, attack) => {
    expect((await here.verified()).exit).toBe(0);
    await attack(here);
    const { exit, text } = await here.verified();
    expect(exit).toBe(1);
    expect(text.split('\n')[0]).toMatch(typeof said === 'string' ? new RegExp(said) : said);
  });

  it('gives every receipt a mark of the chain that holds it, by which a trail that was cut back is known', async () => {
    const receipt = aReceipt([aResult('vast-1')]);
    const run: Event[] = [started(aPlan()), { kind: 'executed', receipt }];
    for (const event of run) await here.ledger.append(incident, event);
    await here.keep();
    const sealed = async () => incidentOf(await here.ledger.entries(incident))?.executions.at(-1)?.sealed;
    const mark = await sealed();
    if (mark === undefined) throw new Error('no mark');
    expect(mark.count).toBe(7);
    // Once, whoever keeps it later.
    await here.ledger.append(incident, { kind: 'acknowledged', by: ALICE });
    await here.keep('b');
    expect(await sealed()).toEqual(mark);
    const typed = markWords(mark);
    expect(await here.verified(typed)).toEqual({
      exit: 0,
      text: '✓ 9 entries as they were written, 4 seals\n  its first 7 rows are those of the mark',
    });
    expect((await here.verified(`7:${mark.head}`)).exit).toBe(0);
    // Whoever has the key that seals, and Redis, makes a trail that is whole and is another one.
    const rows = await here.redis.xrange(here.streams.all, '-', '+');
    for (const stream of [here.streams.all, here.streams.own, here.streams.orders]) await here.redis.del(stream);
    rmSync(here.file);
    for (const [id, fields] of rows.slice(0, 4)) {
      const [, , , own = '', ...rest] = fields;
      await here.redis.xadd(here.streams.all, id, ...fields);
      await here.redis.xadd(here.streams.own, own, ...rest);
    }
    await here.keep();
    expect((await here.verified()).exit).toBe(0);
    expect(await here.verified(typed)).toEqual({
      exit: 1,
      text: '✗ the trail was cut back: it had 7 rows when that was written down, and has 4 now',
    });
    const later = here.newLedger();
    for (let time = 0; time < 5; time += 1)
      await later.append(incident, { kind: 'asked', by: ALICE, text: 'nothing happened' });
    await here.keep();
    expect((await here.verified()).exit).toBe(0);
    expect(await here.verified(typed)).toMatchObject({ exit: 1, text: expect.stringContaining('is another one') });
    rmSync(here.file);
    expect(await here.verified(typed)).toMatchObject({ exit: 4, text: expect.stringContaining('cannot be compared') });
  });

  it('marks a receipt although whoever kept it died before it said so', async () => {
    const receipt = aReceipt([aResult('vast-1')]);
    for (const event of [started(aPlan()), { kind: 'executed', receipt }] satisfies Event[])
      await here.ledger.append(incident, event);
    await here.keep('a', () => Promise.reject(new Error('killed'))).catch(() => undefined);
    const sealed = async () => incidentOf(await here.ledger.entries(incident))?.executions.at(-1)?.sealed;
    expect(await sealed()).toBeUndefined();
    await here.keep('b');
    const { count = 0 } = (await sealed()) ?? {};
    expect(count).toBe(7);
    expect((await here.verified()).exit).toBe(0);
  });

  it('reads a long trail page by page, and finds the one row that is missing', async () => {
    for (let time = 0; time < 2_050; time += 1)
      await here.ledger.append(incident, { kind: 'asked', by: ALICE, text: `fix ${time}` });
    await here.keep();
    expect((await here.verified()).text).toBe('✓ 2,055 entries as they were written, 4 seals');
    const [id = ''] = (await rowsOf(here, here.streams.own))[2_021] ?? [];
    await here.redis.xdel(here.streams.own, id);
    const { exit, text } = await here.verified();
    expect(exit).toBe(1);
    expect(text).toContain(`(${id}) is gone from its own incident`);
    const to = join(here.folder, 'export.jsonl');
    await here.say(`export ${to}`);
    expect(readFileSync(to, 'utf8').trim().split('\n')).toHaveLength(2_055);
  });

  it('goes on from its last seal, however much stands behind it and before it', async () => {
    const text = 'x '.repeat(900);
    const much = async () => {
      for (let time = 0; time < 200; time += 1) await here.ledger.append(incident, { kind: 'asked', by: ALICE, text });
      await here.keep();
    };
    await much();
    // The machine was lost before the seal of what it had written.
    const lines = readFileSync(here.file, 'utf8').trim().split('\n');
    writeFileSync(here.file, `${lines.slice(0, -1).join('\n')}\n`);
    await much();
    await much();
    expect(await here.verified()).toEqual({ exit: 0, text: '✓ 605 entries as they were written, 3 seals' });
  });

  it('goes on behind a line that a lost machine cut off, and says so', async () => {
    appendFileSync(here.file, '{"at":"2026-');
    await here.ledger.append(incident, { kind: 'acknowledged', by: ALICE });
    await here.keep();
    const { exit, text } = await here.verified();
    expect({ exit, text }).toMatchObject({ exit: 0, text: expect.stringContaining('was cut off') });
    expect(existsSync(here.file)).toBe(true);
  });
});

function without(text: string, index: number): string {
  return `${text.trim().split('\n').toSpliced(index, 1).join('\n')}\n`;
}

/** Without its first row, and with no seal that would tell. */
function unsealed(text: string): string {
  const lines = text.trim().split('\n');
  return `${lines.filter((line) => !line.includes('"kind":"seal"') && !line.includes('\\"opened\\"')).join('\n')}\n`;
}
