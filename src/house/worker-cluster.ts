import type { Config } from '../config.ts';
import { distrustWords } from '../domain/distrust.ts';
import { followCancels } from '../engine/cancels.ts';
import { executePlan } from '../engine/execute-plan.ts';
import { createKeyLearner } from '../engine/learn-keys.ts';
import { makePlans } from '../engine/make-plan.ts';
import { noteJobAside } from '../engine/note-set-aside.ts';
import { abandonRequest, recoverExecutions } from '../engine/recover.ts';
import { runCheck } from '../engine/run-check.ts';
import type { Metrics } from '../http/metrics.ts';
import { startWorkers } from '../queue/queues.ts';
import { type createLogger, openMemory } from '../wire.ts';
import { startFollowing } from './follow.ts';
import { createKit } from './kit.ts';
import { setupNote } from './setup.ts';
import { startTasks } from './tasks.ts';
import { factsOfJob, tracedTasks } from './traced-work.ts';
import type { Tracing } from './traces.ts';

const RECOVER_EVERY_MS = 5_000;
const SETUP_MS = 1_000;
const LEARN_KEYS_EVERY_MS = 10_000;

/** One cluster as a worker serves it: its queues, its nodes, its keys and its journal, and nothing of another cluster. */
export type WorkerCluster = {
  ping(): Promise<boolean>;
  /** Takes no more jobs and begins no more batches; resolves when what was running has ended. */
  drain(): Promise<void>;
  /** Cuts transfers and waits; the steps are undone and written down. */
  cut(): void;
  close(): Promise<void>;
};

/** Opens one cluster for a worker and takes its jobs from now on. `invocation`: those of one shell call alone. */
export async function openWorkerCluster(
  config: Config,
  {
    invocation,
    metrics,
    tracing: { spans, telemetry },
    logger,
  }: {
    readonly invocation: string | undefined;
    readonly metrics: Metrics;
    readonly tracing: Tracing;
    readonly logger: ReturnType<typeof createLogger>;
  },
): Promise<WorkerCluster> {
  const memory = await openMemory(config, logger, 'worker');
  const stopping = new AbortController();
  const draining = new AbortController();
  const cancels = followCancels(memory.ledger, stopping.signal);
  cancels.ended.catch((error: unknown) => {
    logger.error({ cluster: config.cluster, error }, 'lost the ledger');
    process.exit(1);
  });
  const kit = { ...createKit(config, memory, { cancels, logger, metrics, spans }), draining: draining.signal };
  const noteSetup = setupNote(config, kit.orders, { side: 'worker', inventory: kit.inventory });
  // Before it takes a job: whoever decides has to know by what.
  await noteSetup();
  const about = <J extends Parameters<typeof factsOfJob>[0]>(job: J, work: () => Promise<void>) =>
    spans.about(factsOfJob(job, config.cluster), () =>
      work().catch((error: unknown) => {
        spans.note({ 'error.type': error instanceof Error ? error.name : 'unknown' });
        throw error;
      }),
    );
  const workers = startWorkers(
    { ...memory.queues(invocation), ...(telemetry === undefined ? {} : { telemetry }) },
    {
      check: (job) => about(job, () => runCheck(kit, job)),
      plan: (job) => about(job, () => makePlans(kit, job)),
      execute: (job, signal) => about(job, () => executePlan(kit, job, signal)),
      async onSetAside(aside) {
        const { cluster } = config;
        const { queue, id, key, why } = aside;
        metrics.setAside(why, cluster);
        spans.note({ 'medic.cluster': cluster, 'error.type': why });
        logger.error(
          { cluster, queue, job: id, key, why: distrustWords[why] },
          'somebody put a job past medic; nothing was run',
        );
        await noteJobAside(aside, kit.ledger);
      },
      onEnd: (queue, outcome) => metrics.jobEnded(config.cluster, queue, outcome),
      onDead: {
        plan: async ({ incident }) => {
          await kit.ledger.append(incident, {
            kind: 'plan_failed',
            detail: 'planning was interrupted; nothing was changed. Ask for the plan again.',
          });
        },
        execute: ({ incident, signed }) => abandonRequest(kit, incident, signed.approval.request),
      },
    },
    logger,
    memory.signing,
    config.limits.looksAtOnce,
  );
  // A shell's own worker serves one call and follows nothing.
  const following = invocation === undefined ? await startFollowing(config, memory, kit) : undefined;
  const recovery = { name: 'finish interrupted executions', run: () => recoverExecutions(kit) };
  // It waits for nodes, so it is not in the way of the start. A shell's own worker is alone with its known_hosts.
  const learnKeys = {
    name: 'take over trusted host keys',
    everyMs: LEARN_KEYS_EVERY_MS,
    run: createKeyLearner(kit),
  };
  const often = [
    { ...recovery, everyMs: RECOVER_EVERY_MS },
    { name: 'note what was read', everyMs: SETUP_MS, run: noteSetup },
    ...(invocation === undefined ? [learnKeys] : []),
  ];
  const tasks = startTasks(tracedTasks(often, spans, config.cluster), logger);
  await recovery.run().catch((error: unknown) => logger.error({ error }, `could not ${recovery.name}`));
  logger.info(
    { cluster: config.cluster, nodes: kit.inventory.current().nodes.length, mode: config.mode },
    'cluster is served',
  );
  return {
    ping: async () => (await memory.redis.ping()) === 'PONG',
    async drain() {
      draining.abort();
      await Promise.all([tasks.stop(), workers.close(), following?.close()]);
    },
    cut: () => workers.cut(),
    async close() {
      stopping.abort();
      await kit.sessions.close();
      await memory.close();
    },
  };
}
