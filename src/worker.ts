import { drainOnSignal } from './house/drain.ts';
import { openWorkerCluster } from './house/worker-cluster.ts';
import { createMetrics } from './http/metrics.ts';
import { startHttp } from './http/server.ts';
import { clustersOrExit, createLogger, openAll, rootFlags } from './wire.ts';

// Composition root of the worker: it holds the SSH keys and no Slack token, and cannot reach @slack.
const flags = rootFlags(process.argv.slice(2));
const { invocation } = flags;
const configs = clustersOrExit(flags);
const logger = createLogger('worker');
const metrics = createMetrics();
const served = await openAll(configs, (config) => openWorkerCluster(config, { invocation, metrics, logger }));
// What comes from the environment is the same for every cluster.
const [{ http: listen }] = configs;
// A shell's own worker serves one call and is watched by that shell.
const http =
  invocation === undefined && listen.workerPort !== 0
    ? await startHttp({
        host: listen.host,
        port: listen.workerPort,
        metrics,
        ready: async () =>
          (await Promise.all(served.map((cluster) => cluster.ping()))).every((answers) => answers) ? [] : ['redis'],
        routes: {},
      })
    : undefined;
drainOnSignal({
  logger,
  // Whoever presses Ctrl-C in a shell waits for its end.
  drainMs: invocation === undefined ? Math.max(...configs.map(({ limits }) => limits.drainSeconds)) * 1_000 : 0,
  drain: async () => void (await Promise.all(served.map((cluster) => cluster.drain()))),
  cut: () => {
    for (const cluster of served) cluster.cut();
  },
  async close() {
    await http?.close();
    await Promise.all(served.map((cluster) => cluster.close()));
  },
});
logger.info({ clusters: configs.map(({ cluster }) => cluster) }, 'worker is ready');
process.send?.('ready');
