import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from './config.ts';
import { followCancels } from './engine/cancels.ts';
import { executePlan } from './engine/execute-plan.ts';
import type { Kit } from './engine/kit.ts';
import { makePlans } from './engine/make-plan.ts';
import { abandonRequest, recoverExecutions } from './engine/recover.ts';
import { runCheck } from './engine/run-check.ts';
import { createMetrics } from './http/metrics.ts';
import { startHttp } from './http/server.ts';
import { openVerifier, publicKeyFolder } from './keys/approval-keys.ts';
import { openFileJournal } from './keys/file-journal.ts';
import { createFrozen } from './keys/frozen.ts';
import { createRedisDigests, createRedisLeases } from './ledger/redis-stores.ts';
import { startWorkers } from './queue/queues.ts';
import { actions, argvs } from './registry/actions.ts';
import { checks, chooseRepair, copiesLook, measure, repairs, sourceLook } from './registry/jobs.ts';
import { parseKnownHosts } from './ssh/known-hosts.ts';
import { createSessions } from './ssh/sessions.ts';
import { createHttpTransport } from './transports/http.ts';
import { createRsyncTransport } from './transports/rsync.ts';
import { createStreamTransport } from './transports/stream.ts';
import {
  configOrExit,
  createLogger,
  EXIT_CONFIGURATION,
  type Memory,
  newId,
  newSecretId,
  openInventory,
  openMemory,
  rootFlags,
} from './wire.ts';

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

function createKit(
  settings: Config,
  { redis, prefix, ledger, orders, records }: Memory,
  cancels: Kit['cancels'],
  log: ReturnType<typeof createLogger>,
): Kit {
  const inventory = openInventory(settings, log);
  const knownHosts = parseKnownHosts(readFileSync(settings.knownHostsFile, 'utf8'), settings.knownHostsFile);
  if (!knownHosts.ok) {
    for (const { file, line, text } of knownHosts.faults) process.stderr.write(`${file}:${line}: ${text}\n`);
    process.exit(EXIT_CONFIGURATION);
  }
  const nodeByName = (name: string) => inventory.current().nodes.find((node) => node.name === name);
  const sessions = createSessions({ knownHosts: knownHosts.entries, nodeByName, logger: log });
  const rsync = createRsyncTransport({
    sessions,
    knownHosts: () => readFileSync(settings.knownHostsFile, 'utf8'),
    nodeByName,
  });
  const { http: url, token } = settings.transports;
  const httpSource = () => {
    const node = inventory.current().nodes.find(({ coordinator }) => coordinator)?.name;
    return url === null || node === undefined ? undefined : { url, token: token?.reveal(), node };
  };
  return {
    cluster: settings.cluster,
    models: settings.models,
    inventory,
    policy: () => ({ ...settings.policy, mode: settings.mode }),
    sessions,
    nodeMbit: settings.transports.nodeMbit,
    pullFrom: url,
    transports: [rsync, createStreamTransport({ sessions }), createHttpTransport({ sessions, source: httpSource })],
    ledger,
    records,
    digests: createRedisDigests(redis, prefix),
    leases: createRedisLeases(redis, prefix),
    orders,
    frozen: createFrozen(join(settings.stateDir, 'readonly')),
    unverifiedMax: settings.limits.unverifiedPerHour,
    journal: openFileJournal(join(settings.stateDir, 'requests')),
    verifier: openVerifier(publicKeyFolder(settings.stateDir)),
    checks,
    repairs,
    chooseRepair,
    sourceLook,
    copiesLook,
    measure,
    cancels,
    actions,
    argvs,
    driftPercent: settings.limits.driftPercent,
    limits: settings.limits,
    daemon: settings.daemon,
    now: () => new Date(),
    newReceiptId: () => newId('r-'),
    newTemporary: () => `.medic-${newSecretId()}`,
    logger: log,
  };
}
