import { followCancels } from './engine/cancels.ts';
import { executePlan } from './engine/execute-plan.ts';
import { makePlans } from './engine/make-plan.ts';
import { abandonRequest, recoverExecutions } from './engine/recover.ts';
import { runCheck } from './engine/run-check.ts';
import { createKit } from './house/kit.ts';
import { createMetrics } from './http/metrics.ts';
import { startHttp } from './http/server.ts';
import { startWorkers } from './queue/queues.ts';
import { configOrExit, createLogger, openMemory, rootFlags } from './wire.ts';

const RECOVER_EVERY_MS = 5_000;

// Composition root of the worker: it holds the SSH keys and no Slack token, and cannot reach @slack.
const { config: configFile, invocation } = rootFlags(process.argv.slice(2));
const { config } = configOrExit(configFile);
const logger = createLogger('worker');
const memory = await openMemory(config, logger);
const stopping = new AbortController();
const cancels = followCancels(memory.ledger, stopping.signal);
cancels.ended.catch((error: unknown) => {
  logger.error({ error }, 'lost the ledger');
  process.exit(1);
});
const kit = createKit(config, memory, cancels, logger);
const workers = startWorkers(
  memory.queues(invocation),
  {
    check: (job) => runCheck(kit, job),
    plan: (job) => makePlans(kit, job),
    execute: (job, signal) => executePlan(kit, job, signal),
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
);
const recovery = setInterval(() => void recover(), RECOVER_EVERY_MS);
await recover();
const metrics = createMetrics();
// A shell's own worker serves one call and is watched by that shell.
const http =
  invocation === undefined && config.http.workerPort !== 0
    ? await startHttp({
        host: config.http.host,
        port: config.http.workerPort,
        metrics,
        ready: async () => ((await memory.redis.ping()) === 'PONG' ? [] : ['redis']),
        routes: {},
      })
    : undefined;
process.once('SIGINT', () => void stop());
process.once('SIGTERM', () => void stop());
process.once('disconnect', () => void stop());
logger.info(
  { cluster: config.cluster, nodes: kit.inventory.current().nodes.length, mode: config.mode },
  'worker is ready',
);
process.send?.('ready');

async function recover(): Promise<void> {
  try {
    await recoverExecutions(kit);
  } catch (error) {
    logger.error({ error }, 'could not finish the story of an interrupted execution');
  }
}

async function stop(): Promise<void> {
  clearInterval(recovery);
  stopping.abort();
  await workers.close();
  await Promise.all([kit.sessions.close(), http?.close()]);
  await memory.close();
  process.exit(0);
}
