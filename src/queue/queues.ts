import { hostname } from 'node:os';
import { type ConnectionOptions, type Job, Queue, UnrecoverableError, Worker } from 'bullmq';
import type { CheckJob, Dispatch, ExecuteJob, PlanJob, QueueDepth } from '../contract/dispatch.ts';
import type { Logger } from '../contract/logger.ts';

/** Where the queues live. `invocation`: queues of one shell call, so that it never runs anybody else's work. */
export type QueuePlace = {
  readonly connection: ConnectionOptions;
  readonly prefix: string;
  readonly invocation?: string;
};

const DAY_S = 24 * 3_600;
const KEEP = { removeOnComplete: { age: DAY_S, count: 1_000 }, removeOnFail: { age: 7 * DAY_S, count: 1_000 } };
/** A worker that has not renewed its jobs for this long is taken for dead (ms). */
const LOCK_MS = 15_000;

const LOOKS_AT_ONCE = 16;

/** The producers' side: puts jobs into the queues and waits until Redis has them. */
export function createDispatch(
  place: QueuePlace,
  logger: Logger,
): Dispatch & { depths(nowMs: number): Promise<readonly QueueDepth[]>; close(): Promise<void> } {
  const open = (name: string) => {
    const queue = new Queue(queueName(name, place), { connection: place.connection, prefix: place.prefix });
    queue.on('error', (error) => logger.warn({ error: error.message, queue: name }, 'queue lost its connection'));
    return queue;
  };
  const [checks, plans, executions] = [open('check'), open('plan'), open('execute')];
  return {
    async check(job) {
      await checks.add('check', job, { ...KEEP, attempts: 2 });
    },
    async plan(job) {
      await plans.add('plan', job, { ...KEEP, attempts: 1 });
    },
    async execute(job) {
      // The request is the job's id: handed over twice, it is one job.
      await executions.add('execute', job, { ...KEEP, attempts: 1, jobId: `request-${job.signed.approval.request}` });
    },
    depths: (nowMs) => Promise.all([checks, plans, executions].map((queue) => depthOf(queue, nowMs))),
    async close() {
      await Promise.all([checks, plans, executions].map((queue) => queue.close()));
    },
  };
}

async function depthOf(queue: Queue, nowMs: number): Promise<QueueDepth> {
  const counts = await queue.getJobCounts('waiting', 'active', 'delayed', 'failed');
  const [oldest] = await queue.getJobs(['waiting'], 0, 0, true);
  const { waiting = 0, active = 0, delayed = 0, failed = 0 } = counts;
  const oldestMs = oldest === undefined ? 0 : Math.max(0, nowMs - oldest.timestamp);
  return { queue: queue.name, jobs: { waiting, active, delayed, failed }, oldestMs };
}

export type Handlers = {
  readonly check: (job: CheckJob) => Promise<void>;
  readonly plan: (job: PlanJob) => Promise<void>;
  readonly execute: (job: ExecuteJob, signal: AbortSignal) => Promise<void>;
  /** Counts jobs that have ended, each try for itself. */
  readonly onEnd?: (queue: string, outcome: 'completed' | 'failed') => void;
  /** A job ended without its own end: its worker died under it, or it threw. */
  readonly onDead: {
    readonly plan: (job: PlanJob) => Promise<void>;
    readonly execute: (job: ExecuteJob) => Promise<void>;
  };
};

/** The workers of one process. */
export type Workers = {
  /** Takes no more jobs; resolves when those under way have ended. Their locks are renewed meanwhile. */
  close(): Promise<void>;
  /** Ends executions under way early: what was begun is undone and written down. */
  cut(): void;
};

/** The workers' side. Plans and executions run at most once: a job whose worker died is failed, never given to another. */
export function startWorkers(
  place: QueuePlace,
  handlers: Handlers,
  logger: Logger,
  looksAtOnce = LOOKS_AT_ONCE,
): Workers {
  const stop = new AbortController();
  const open = <T>(
    name: string,
    concurrency: number,
    handle: (job: Job<T>) => Promise<void>,
    onDead?: (job: T) => Promise<void>,
  ) => {
    const worker = new Worker<T>(queueName(name, place), handle, {
      connection: place.connection,
      prefix: place.prefix,
      // Each job keeps who took it.
      name: `${hostname()}-${process.pid}`,
      concurrency,
      lockDuration: LOCK_MS,
      stalledInterval: LOCK_MS / 3,
      maxStalledCount: name === 'check' ? 1 : 0,
    });
    worker.on('error', (error) => logger.warn({ error: error.message, queue: name }, 'worker lost its connection'));
    worker.on('completed', () => handlers.onEnd?.(name, 'completed'));
    worker.on('failed', (job, error) => {
      handlers.onEnd?.(name, 'failed');
      logger.error({ queue: name, error: error.message, stack: error.stack }, 'job failed');
      if (job !== undefined && onDead !== undefined) {
        onDead(job.data).catch((failure: unknown) =>
          logger.error({ queue: name, failure }, 'could not tell about a dead job'),
        );
      }
    });
    return worker;
  };
  const workers = [
    open<CheckJob>('check', looksAtOnce, (job) => handlers.check(job.data)),
    open<PlanJob>('plan', 4, (job) => once(handlers.plan(job.data)), handlers.onDead.plan),
    open<ExecuteJob>('execute', 8, (job) => once(handlers.execute(job.data, stop.signal)), handlers.onDead.execute),
  ];
  return {
    cut: () => stop.abort(),
    async close() {
      await Promise.all(workers.map((worker) => worker.close()));
    },
  };
}

/** Whatever happened, this job is not tried again. */
async function once(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    throw new UnrecoverableError(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
}

function queueName(name: string, { invocation }: QueuePlace): string {
  return invocation === undefined ? name : `${name}-${invocation}`;
}
