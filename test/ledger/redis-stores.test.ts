import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelRecord } from '../../src/domain/expected.ts';
import { createRedisDigests, createRedisLeases, createRedisRecords } from '../../src/ledger/redis-stores.ts';
import { createRedisSeen, createRedisTold } from '../../src/ledger/redis-told.ts';
import { leasesConformance } from '../conformance/leases.ts';
import { aDigest, NOON } from '../support/builders/plans.ts';
import { type RedisHere, startRedisHere } from '../support/builders/redis-here.ts';

leasesConformance('Redis', async () => {
  const server = await startRedisHere();
  const open = () => createRedisLeases(server.connect(), 'medic:test');
  return { leases: open(), other: open(), close: server.close };
});

describe('what Redis remembers', () => {
  let server: RedisHere;
  beforeAll(async () => {
    server = await startRedisHere();
  });
  afterAll(async () => {
    await server.close();
  });

  const recordOf = (digest: string, model = 'hex8_2p'): ModelRecord => ({
    model,
    current: {
      digest,
      bytes: 40,
      mtimeS: 1,
      since: NOON,
      from: 'hub',
      by: 'seen on the coordinator',
      provisional: false,
    },
    candidate: null,
    earlier: [],
  });

  it('has an empty record for a model that nobody has seen', async () => {
    const records = createRedisRecords(server.connect(), 'medic:empty');
    expect(await records.get('hex8_2p')).toEqual({ model: 'hex8_2p', current: null, candidate: null, earlier: [] });
  });

  it('replaces a record only while it is what the writer read', async () => {
    const records = createRedisRecords(server.connect(), 'medic:records');
    const empty = await records.get('hex8_2p');
    const [a, b] = [recordOf(aDigest('a')), recordOf(aDigest('b'))];
    expect(await records.replace(empty, a)).toBe(true);
    expect(await records.replace(empty, b)).toBe(false);
    expect(await records.get('hex8_2p')).toEqual(a);
    expect(await records.replace(await records.get('hex8_2p'), b)).toBe(true);
    expect(await records.replace(a, a)).toBe(false);
    expect(await records.get('hex8_2p')).toEqual(b);
  });

  it('keeps the newest 2,000 earlier digests, and can be replaced afterwards', async () => {
    const records = createRedisRecords(server.connect(), 'medic:many');
    const { current, ...rest } = recordOf(aDigest('a'));
    if (current === null) throw new Error('no line');
    const earlier = Array.from({ length: 2_001 }, (_, index) => ({ ...current, bytes: index }));
    expect(await records.replace(await records.get('hex8_2p'), { ...rest, current, earlier })).toBe(true);
    const kept = await records.get('hex8_2p');
    expect(kept.earlier.map(({ bytes }) => bytes)).toEqual(Array.from({ length: 2_000 }, (_, index) => index));
    expect(await records.replace(kept, { ...kept, earlier: [current, ...kept.earlier] })).toBe(true);
  });

  it('lets one of many writers at once win', async () => {
    const records = createRedisRecords(server.connect(), 'medic:race');
    const others = createRedisRecords(server.connect(), 'medic:race');
    const empty = await records.get('hex8_3p');
    const tries = ['1', '2', '3', '4', '5', '6'].map((digit, index) =>
      (index % 2 === 0 ? records : others).replace(empty, recordOf(aDigest(digit), 'hex8_3p')),
    );
    expect((await Promise.all(tries)).filter((won) => won)).toHaveLength(1);
  });

  it('forgets a digest that is none', async () => {
    const redis = server.connect();
    const digests = createRedisDigests(redis, 'medic:digests');
    expect(await digests.get('a')).toBeUndefined();
    await digests.set('a', aDigest('a'));
    expect(await digests.get('a')).toBe(aDigest('a'));
    await redis.set('medic:digests:digest:b', 'not a digest');
    expect(await digests.get('b')).toBeUndefined();
  });

  it('finds an incident by its messages, also before they have an id', async () => {
    const told = createRedisTold(server.connect(), 'medic:told');
    const message = { state: 'posting', channel: 'C0OPS', ts: '', hash: 'h', sinceMs: 1 } as const;
    await told.set('i-00000001', 'root', message);
    expect(await told.get('i-00000001')).toEqual({ root: message });
    await told.set('i-00000001', 'root', { ...message, state: 'told', ts: '1.2' });
    expect(await told.incidentOf('C0OPS', '1.2')).toBe('i-00000001');
    expect(await told.incidentOf('C0OTHER', '1.2')).toBeUndefined();
    expect(await told.get('i-00000002')).toEqual({});
  });

  it('sees a delivery for the first time once', async () => {
    const [seen, again] = [
      createRedisSeen(server.connect(), 'medic:seen'),
      createRedisSeen(server.connect(), 'medic:seen'),
    ];
    const tries = await Promise.all([seen, again, seen, again].map((one) => one.firstTime('envelope', 60)));
    expect(tries.filter((first) => first)).toHaveLength(1);
  });
});
