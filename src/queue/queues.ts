import { hostname } from 'node:os';
import { type ConnectionOptions, type Job, Queue, type Telemetry, UnrecoverableError, Worker } from 'bullmq';
import type { CheckJob, Dispatch, ExecuteJob, PlanJob, QueueDepth } from '../contract/dispatch.ts';
import type { Logger } from '../contract/logger.ts';
import type { Signing } from '../contract/signing.ts';
import type { Work } from '../domain/written.ts';
import {
  asideOf,
  createJobJudge,
  type JobAside,
  type Lying,
  newJobId,
  type SignedJob,
  signedJob,
} from './signed-jobs.ts';

/** Where the queues live. `invocation`: queues of one shell call, so that it never runs anybody else's work. */
export type QueuePlace = {
  readonly connection: ConnectionOptions;
  readonly prefix: string;
  readonly invocation?: string;
  /** Jobs carry the trace of who asked for them; absent: they carry none. */
  readonly telemetry?: Telemetry;
};

const DAY_S = 24 * 3_600;
const KEEP = { removeOnComplete: { age: DAY_S, count: 1_000 }, removeOnFail: { age: 7 * DAY_S, count: 1_000 } };
/** A worker that has not renewed its jobs for this long is taken for dead (ms). */
const LOCK_MS = 15_000;

const LOOKS_AT_ONCE = 16;

/** The producers' side: signs jobs, puts them into the queues and waits until Redis has them. */
export function createDispatch(
  place: QueuePlace,
  logger: Logger,
  signing: Pick<Signing, 'cluster' | 'pen'>,
): Dispatch & { depths(nowMs: number): Promise<readonly QueueDepth[]>; close(): Promise<void> } {
  const open = (name: Work) => {
    const queue = new Queue(queueName(name, place), common(place));
    queue.on('error', (error) => logger.warn({ error: error.message, queue: name }, 'queue lost its connection'));
    return queue;
  };
  const [checks, plans, executions] = [open('check'), open('plan'), open('execute')];
  const post = async (queue: Queue, job: object, attempts: number, id = newJobId(queue.name)): Promise<void> => {
    const data = signedJob(signing, { queue: queue.name, id }, job);
    await queue.add(queue.name, data, { ...KEEP, attempts, jobId: id });
  };
  return {
    check: (job) => post(checks, job, 2),
    plan: (job) => post(plans, job, 1, job.once),
    // The request is the job's id: handed over twice, it is one job.
    execute: (job) => post(executions, job, 1, `request-${job.signed.approval.request}`),
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
  /** A job lay in a queue that no program which hands out work has put there so: it is not begun. */
  readonly onSetAside: (aside: JobAside & { readonly work: Work }) => Promise<void>;
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
  signing: Pick<Signing, 'cluster' | 'hands'>,
  looksAtOnce = LOOKS_AT_ONCE,
): Workers {
  const stop = new AbortController();
  const judge = createJobJudge(signing);
  const open = <T>(
    name: Work,
    concurrency: number,
    handle: (job: T) => Promise<void>,
    onDead?: (job: T) => Promise<void>,
  ) => {
    const lying = ({ id = '', data }: Job): Lying => ({ queue: queueName(name, place), id, data });
    const begin = async (job: Job<SignedJob<T>>): Promise<void> => {
      // A look may be tried again; an execution that is handed over again has its own journal.
      const why = name === 'plan' ? judge.take(lying(job)) : judge.distrust(lying(job));
      if (why === undefined) return handle(job.data.job);
      await handlers.onSetAside({ ...asideOf(lying(job), why), work: name });
    };
    const worker = new Worker<SignedJob<T>>(queueName(name, place), begin, {
      ...common(place),
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
      if (job !== undefined && onDead !== undefined && judge.distrust(lying(job)) === undefined) {
        onDead(job.data.job).catch((failure: unknown) =>
          logger.error({ queue: name, failure }, 'could not tell about a dead job'),
        );
      }
    });
    return worker;
  };
  const workers = [
    open<CheckJob>('check', looksAtOnce, (job) => handlers.check(job)),
    open<PlanJob>('plan', 4, (job) => once(handlers.plan(job)), handlers.onDead.plan),
    open<ExecuteJob>('execute', 8, (job) => once(handlers.execute(job, stop.signal)), handlers.onDead.execute),
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

function common({ connection, prefix, telemetry }: QueuePlace) {
  return { connection, prefix, ...(telemetry === undefined ? {} : { telemetry }) };
}

function queueName(name: string, { invocation }: QueuePlace): string {
  return invocation === undefined ? name : `${name}-${invocation}`;
}
