import { Queue } from 'bullmq';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CheckJob } from '../../src/contract/dispatch.ts';
import { createDispatch, type QueuePlace, startWorkers, type Workers } from '../../src/queue/queues.ts';
import { newJobId, signedJob } from '../../src/queue/signed-jobs.ts';
import { jobTelemetry } from '../../src/queue/telemetry.ts';
import { startTraces } from '../../src/traces/start-traces.ts';
import { aScope } from '../support/builders/entries.ts';
import { aDigest } from '../support/builders/plans.ts';
import { type RedisHere, startRedisHere } from '../support/builders/redis-here.ts';
import { startKeys } from '../support/builders/signing.ts';
import { type Collector, startCollector, wayOf } from '../support/flow/collector.ts';

const soon = { timeout: 20_000 };
const logger = { info: () => {}, warn: () => {}, error: () => {} };
const job: CheckJob = { incident: 'i-00000001', scope: aScope(), fresh: false, inventory: aDigest() };

describe('a job that carries its trace', () => {
  let server: RedisHere;
  let keys: ReturnType<typeof startKeys>;
  let collector: Collector;
  let traces: ReturnType<typeof startTraces>;
  let place: QueuePlace;
  let workers: Workers;
  let queue: Queue;
  const done: CheckJob[] = [];
  const aside: string[] = [];

  beforeAll(async () => {
    keys = startKeys();
    [server, collector] = await Promise.all([startRedisHere(), startCollector()]);
    const url = `${collector.url}/v1/traces`;
    traces = startTraces({ url, headers: {}, service: 'test', logger, onDropped: () => undefined });
    const telemetry = jobTelemetry(traces.telemetry);
    place = { connection: server.connect(), prefix: 'medic:traced:queue', telemetry };
    const none = () => Promise.resolve();
    const check = async (one: CheckJob) => {
      done.push(one);
      await traces.spans.within({ name: 'work' }, async () => undefined);
    };
    const onSetAside = async ({ why }: { why: string }) => void aside.push(why);
    const plan = () => Promise.reject(new Error('no way to 10.1.2.3'));
    const handlers = { check, plan, execute: none, onSetAside, onDead: { plan: none, execute: none } };
    workers = startWorkers(place, handlers, logger, keys.signing('worker'));
    queue = new Queue('check', { connection: server.connect(), prefix: place.prefix });
  });

  afterAll(async () => {
    await workers?.close();
    await queue?.close();
    await traces?.close();
    await collector?.close();
    await server?.close();
    keys.close();
  });

  beforeEach(() => {
    done.length = 0;
    aside.length = 0;
  });

  it('is signed without it, is done, and what is done is below what asked for it', async () => {
    const dispatch = createDispatch(place, logger, keys.signing('bot'));
    await traces.spans.within({ name: 'asks' }, () => dispatch.check(job));
    await expect.poll(() => done, soon).toEqual([job]);
    expect(aside).toEqual([]);
    const work = await collector.span('the work', ({ name }) => name === 'work');
    const all = () => collector.spans();
    await collector.span('who asked', ({ name }) => name === 'asks');
    await expect.poll(() => wayOf(work, all()), soon).toEqual(['work', 'process check', 'add check.check', 'asks']);
    expect(all().find(({ name }) => name === 'process check')).toMatchObject({
      kind: 'consumer',
      facts: {
        'messaging.system': 'bullmq',
        'messaging.operation.type': 'process',
        'messaging.destination.name': 'check',
        'messaging.message.id': expect.stringMatching(/^check-[0-9a-f]{32}$/),
      },
    });
    await dispatch.close();
  });

  it('says in one masked line why it failed, and nothing of where medic lies', async () => {
    const dispatch = createDispatch(place, logger, keys.signing('bot'));
    await dispatch.plan({ ...job, by: 'T0TEAM/U0ALICE' });
    const failed = await collector.span('the plan', ({ name }) => name === 'process plan');
    expect(failed.events).toEqual([
      { name: 'job failed', facts: { 'bullmq.job.failed.reason': 'Error: no way to [address]' } },
    ]);
    await dispatch.close();
  });

  it('asks for nothing in the traces of workers that only wait', () => {
    expect(
      collector.spans().filter(({ name }) => !/^(asks|work|(add check\.|add plan\.|process )(check|plan))$/.test(name)),
    ).toEqual([]);
  });

  const other = '00-0123456789abcdef0123456789abcdef-0123456789abcdef-01';
  it.each<[string, unknown]>([
    ['no JSON', '{'],
    ['a word', 'x'],
    ['nothing', ''],
    ['null', 'null'],
    ['a number', 7],
    ['an object', { traceparent: other }],
    ['a list', [other]],
    ['no trace', '{"traceparent":7}'],
    ['half a trace', JSON.stringify({ traceparent: other.slice(0, 30) })],
    ['nested without end', '['.repeat(100_000)],
    ['ten megabytes', JSON.stringify({ traceparent: 'a'.repeat(10_000_000) })],
    ['baggage', JSON.stringify({ traceparent: other, baggage: 'a=b', tracestate: 'x'.repeat(600) })],
    ['keys of objects', '{"__proto__":{"traceparent":"x"},"constructor":1}'],
  ])('does what it says although its trace was forged: %s', async (_, metadata) => {
    await forge(metadata);
    await expect.poll(() => done.length, soon).toBe(1);
    // The worker is alive and takes the next one.
    await forge(undefined);
    await expect.poll(() => done.length, soon).toBe(2);
    expect(aside).toEqual([]);
  });

  it('is linked wrongly by a forged trace, and that is all', async () => {
    const before = collector.spans().length;
    await forge(JSON.stringify({ traceparent: other.replace('0123', 'ffff'), tracestate: 'secret=1' }));
    const work = await collector.span('the work', ({ trace, name }) => name === 'work' && trace.startsWith('ffff'));
    expect(collector.spans().length).toBeGreaterThan(before);
    expect(wayOf(work, collector.spans())[0]).toBe('work');
    expect(collector.posts.at(-1)?.body).not.toContain('secret');
    // Altered in its data it is still not begun, whatever its trace says.
    const id = newJobId('check');
    const signed = signedJob(keys.signing('bot'), { queue: 'check', id }, job);
    await queue.add('check', { ...signed, job: { ...job, fresh: true } }, { jobId: id, telemetry: { metadata: '{' } });
    await expect.poll(() => aside, soon).toEqual(['bad_signature']);
  });

  /** Puts a rightly signed job there as whoever can write to Redis would alter it. */
  async function forge(metadata: unknown): Promise<void> {
    const id = newJobId('check');
    const data = signedJob(keys.signing('bot'), { queue: 'check', id }, job);
    const added = await queue.add('check', data, { jobId: id, delay: 600_000 });
    const redis = server.connect();
    const key = `${place.prefix}:check:${id}`;
    const opts: object = JSON.parse((await redis.hget(key, 'opts')) ?? '{}');
    if (metadata !== undefined) await redis.hset(key, 'opts', JSON.stringify({ ...opts, tm: metadata }));
    await added.promote();
  }
});
