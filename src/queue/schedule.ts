import { Queue, Worker } from 'bullmq';
import type { Logger } from '../contract/logger.ts';
import type { QueuePlace } from './queues.ts';

const DUE = 'due';

/** Calls `run` every so many milliseconds, in one of the processes that ask for it; the time goes on over restarts. 0: never. */
export async function startSchedule(
  { connection, prefix }: QueuePlace,
  everyMs: number,
  run: () => Promise<void>,
  logger: Logger,
  name = 'schedule',
): Promise<{ close(): Promise<void> }> {
  const queue = new Queue(name, { connection, prefix });
  queue.on('error', (error) => logger.warn({ error: error.message, queue: name }, 'queue lost its connection'));
  if (everyMs === 0) {
    // What an earlier medic.yaml wanted would go on otherwise.
    await queue.removeJobScheduler(DUE);
    return { close: () => queue.close() };
  }
  await queue.upsertJobScheduler(
    DUE,
    { every: everyMs },
    { name: DUE, opts: { removeOnComplete: true, removeOnFail: 100 } },
  );
  const worker = new Worker(name, run, { connection, prefix, concurrency: 1 });
  worker.on('error', (error) => logger.warn({ error: error.message, queue: name }, 'worker lost its connection'));
  worker.on('failed', (_, error) =>
    logger.error({ error: error.message, queue: name }, 'what is done by the clock failed and has its next turn'),
  );
  return {
    async close() {
      await worker.close();
      await queue.close();
    },
  };
}
