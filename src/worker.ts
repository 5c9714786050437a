import { drainOnSignal } from './house/drain.ts';
import { openTraces } from './house/traces.ts';
import { openWorkerCluster } from './house/worker-cluster.ts';
import { createMetrics } from './http/metrics.ts';
import { startHttp } from './http/server.ts';
import { clustersOrExit, openAll, rootFlags } from './wire.ts';

// Composition root of the worker: it holds the SSH keys and no Slack token, and cannot reach @slack.
const flags = rootFlags(process.argv.slice(2));
const { invocation } = flags;
const configs = clustersOrExit(flags);
// What comes from the environment is the same for every cluster.
const [{ http: listen, traces: collector }] = configs;
const metrics = createMetrics();
// A shell waits for the end of its own worker, and is not to wait for a collector.
const traces = await openTraces(invocation === undefined ? collector : null, { program: 'worker', metrics });
const { logger } = traces;
const served = await openAll(configs, (config) =>
  openWorkerCluster(config, { invocation, metrics, tracing: traces, logger }),
);
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
    await traces.close();
  },
});
logger.info({ clusters: configs.map(({ cluster }) => cluster) }, 'worker is ready');
process.send?.('ready');
