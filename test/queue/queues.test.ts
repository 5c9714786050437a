import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Queue } from 'bullmq';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CheckJob, ExecuteJob, PlanJob } from '../../src/contract/dispatch.ts';
import { createDispatch, type Handlers, type QueuePlace, startWorkers, type Workers } from '../../src/queue/queues.ts';
import { aScope } from '../support/builders/entries.ts';
import { ALICE, aDigest, anApproval, aPlan } from '../support/builders/plans.ts';
import { type RedisHere, startRedisHere } from '../support/builders/redis-here.ts';
import { startKeys } from '../support/builders/signing.ts';

/** A machine may be busy. */
const soon = { timeout: 20_000 };
const logger = { info: () => {}, warn: () => {}, error: () => {} };
const checkJob: CheckJob = { incident: 'i-00000001', scope: aScope(), fresh: false, inventory: aDigest() };
const planJob: PlanJob = { incident: 'i-00000001', scope: aScope(), by: ALICE, inventory: aDigest() };

let server: RedisHere;
let keys: ReturnType<typeof startKeys>;
let count = 0;
const opened: { close(): Promise<void>; cut?(): void }[] = [];
const children: ChildProcess[] = [];

function place(but: Partial<QueuePlace> = {}): QueuePlace {
  return { connection: server.connect(), prefix: `medic:test-${count}:queue`, ...but };
}

function executeJob(): ExecuteJob {
  const plan = aPlan();
  const request = (0x1000 + count).toString(16).padStart(32, '0');
  return {
    incident: 'i-00000001',
    plan,
    signed: { approval: anApproval(plan, { request }), key: 'bot', signature: 'x' },
  };
}

function work(but: Partial<Handlers> = {}, where = place()): string[] {
  const seen: string[] = [];
  const note = (what: string) => async () => {
    seen.push(what);
  };
  const onDead = { plan: note('dead plan'), execute: note('dead execute') };
  start({ check: note('check'), plan: note('plan'), execute: note('execute'), onDead, ...but }, where);
  return seen;
}

function start(handlers: Partial<Handlers>, where = place()): Workers {
  const none = () => Promise.resolve();
  const onDead = { plan: none, execute: none };
  const onSetAside = none;
  const all = { check: none, plan: none, execute: none, onDead, onSetAside, ...handlers };
  const workers = startWorkers(where, all, logger, keys.signing('worker'));
  opened.push(workers);
  return workers;
}

function dispatcher(where = place()) {
  const dispatch = createDispatch(where, logger, keys.signing('bot'));
  opened.push(dispatch);
  return dispatch;
}

describe('the queues', () => {
  beforeAll(async () => {
    keys = startKeys();
    server = await startRedisHere();
  });
  afterEach(async () => {
    count += 1;
    for (const child of children.splice(0)) child.kill('SIGKILL');
    for (const one of opened) one.cut?.();
    await Promise.all(opened.splice(0).map((one) => one.close()));
  });
  afterAll(async () => {
    keys.close();
    await server.close();
  });

  it('brings every kind of job to its handler, whole', async () => {
    const jobs: unknown[] = [];
    const keep = async (job: unknown) => {
      jobs.push(job);
    };
    work({ check: keep, plan: keep, execute: keep });
    const [dispatch, execution] = [dispatcher(), executeJob()];
    await Promise.all([dispatch.check(checkJob), dispatch.plan(planJob), dispatch.execute(execution)]);
    await expect.poll(() => jobs.length, soon).toBe(3);
    expect(jobs).toEqual(expect.arrayContaining([checkJob, planJob, execution]));
  });

  it('tells how much waits and for how long, and counts what has ended', async () => {
    const where = place();
    const dispatch = dispatcher(where);
    await dispatch.check(checkJob);
    await dispatch.check(checkJob);
    const [check, plan] = await dispatch.depths(Date.now() + 60_000);
    expect(check).toMatchObject({ queue: 'check', jobs: { waiting: 2, active: 0, failed: 0 } });
    expect(check?.oldestMs).toBeGreaterThan(59_000);
    expect(plan).toMatchObject({ queue: 'plan', jobs: { waiting: 0 }, oldestMs: 0 });
    const ended: string[] = [];
    work({ onEnd: (queue, outcome) => ended.push(`${queue} ${outcome}`) }, where);
    await expect.poll(() => ended, soon).toEqual(['check completed', 'check completed']);
  });

  it('keeps jobs for a worker that comes later', async () => {
    await dispatcher().check(checkJob);
    const seen = work();
    await expect.poll(() => seen, soon).toEqual(['check']);
  });

  it('runs one request once, however often and by whomever it is handed over', async () => {
    const seen = work();
    const [bot, again, job] = [dispatcher(), dispatcher(), executeJob()];
    await Promise.all([bot.execute(job), again.execute(job), bot.execute(job)]);
    await expect.poll(() => seen, soon).toEqual(['execute']);
    await again.execute(job);
    // A later job that arrives proves that the second one of the request is not merely late.
    await bot.check(checkJob);
    await expect.poll(() => seen, soon).toEqual(['execute', 'check']);
  });

  it('tries a look again, a plan and an execution never; those are told as dead', async () => {
    const tries = { check: 0, plan: 0, execute: 0 };
    const dead: string[] = [];
    const failing = (kind: keyof typeof tries) => async () => {
      tries[kind] += 1;
      throw new Error('no luck');
    };
    const onDead = {
      plan: async () => void dead.push('plan'),
      execute: async () => void dead.push('execute'),
    };
    work({ check: failing('check'), plan: failing('plan'), execute: failing('execute'), onDead });
    const dispatch = dispatcher();
    await Promise.all([dispatch.check(checkJob), dispatch.plan(planJob), dispatch.execute(executeJob())]);
    await expect.poll(() => [tries.check, dead.toSorted().join()], soon).toEqual([2, 'execute,plan']);
    expect(tries).toEqual({ check: 2, plan: 1, execute: 1 });
  });

  it('begins nothing that nobody signed, tells it, and says of no such job that it died', async () => {
    const where = place();
    const aside: string[] = [];
    const onSetAside: Handlers['onSetAside'] = async ({ work: of, why, job }) => {
      aside.push(`${of} ${why} ${JSON.stringify(job)}`);
      // The worst case: it cannot even be told.
      throw new Error('no ledger');
    };
    const seen = work({ onSetAside }, where);
    for (const name of ['check', 'plan', 'execute']) {
      const queue = new Queue(name, { connection: where.connection, prefix: where.prefix });
      opened.push(queue);
      await queue.add(name, { forged: name });
    }
    await expect.poll(() => aside.length, soon).toBe(3);
    expect(aside).toEqual(
      expect.arrayContaining(['check', 'plan', 'execute'].map((name) => `${name} unsigned {"forged":"${name}"}`)),
    );
    await dispatcher(where).check(checkJob);
    await expect.poll(() => seen, soon).toEqual(['check']);
  });

  it('never brings the work of one shell call to another one or to the service', async () => {
    const [service, mine] = [work(), work({}, place({ invocation: 'mine' }))];
    await dispatcher(place({ invocation: 'other' })).execute(executeJob());
    await dispatcher(place({ invocation: 'mine' })).check(checkJob);
    await dispatcher().plan(planJob);
    await expect.poll(() => [service, mine], soon).toEqual([['plan'], ['check']]);
  });

  it('lets a running execution end when the worker is asked to, takes nothing new, and tells it to stop when it is cut', async () => {
    let aborted = false;
    let looks = 0;
    let workers: Workers | undefined;
    const started = new Promise<void>((resolve) => {
      workers = start({
        check: async () => void (looks += 1),
        execute: (_, signal) => {
          resolve();
          return new Promise((done) => {
            signal.addEventListener('abort', () => {
              aborted = true;
              done();
            });
          });
        },
      });
    });
    const queue = dispatcher();
    await queue.execute(executeJob());
    await started;
    let ended = false;
    const closing = workers?.close().then(() => (ended = true));
    // A job that comes while the worker still takes its wait for one back is served before it ends; what comes later is not.
    await new Promise((resolve) => setTimeout(resolve, 300));
    await queue.check(checkJob);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect({ aborted, ended, looks }).toEqual({ aborted: false, ended: false, looks: 0 });
    workers?.cut();
    await closing;
    expect({ aborted, looks }).toEqual({ aborted: true, looks: 0 });
  });

  it('does not run the execution of a killed worker again: another worker tells it as dead', async () => {
    const where = place();
    const script = fileURLToPath(new URL('./worker-that-hangs.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', 'tsx', script, server.socketPath, where.prefix, keys.stateDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    await dispatcher(where).execute(executeJob());
    expect(String((await once(child.stdout, 'data'))[0]).trim()).toBe('execute');
    child.kill('SIGKILL');
    const seen = work({}, where);
    await expect.poll(() => seen, { timeout: 150_000, interval: 100 }).toEqual(['dead execute']);
  });
});
