import { distinct } from './config/installation.ts';
import { peopleIn } from './config/written-policy.ts';
import { printFaults, requireSlack } from './config.ts';
import { isGroup } from './domain/policy-now.ts';
import { alertRoute } from './house/alert-route.ts';
import { openBotCluster } from './house/bot-cluster.ts';
import { botReadings } from './house/bot-readings.ts';
import { drainOnSignal } from './house/drain.ts';
import { oneDesk, oneLedger, runIn } from './house/several.ts';
import { tracedDesk, tracedWords } from './house/traced-words.ts';
import { openTraces } from './house/traces.ts';
import { createMetrics } from './http/metrics.ts';
import { startHttp } from './http/server.ts';
import { createRedisSeen } from './ledger/redis-told.ts';
import { drawSvg } from './pictures/draw-svg.ts';
import { rightOfWords } from './registry/commands.ts';
import { createSlackBot } from './slack/bot.ts';
import { clustersOrExit, EXIT_CONFIGURATION, openAll, rootFlags } from './wire.ts';

// Composition root of the bot: it holds the Slack tokens and the signing keys, no SSH key, and cannot reach ssh2.
const configs = clustersOrExit(rootFlags(process.argv.slice(2)));
const missing = distinct(configs.flatMap(requireSlack));
if (missing.length > 0) {
  process.stderr.write(printFaults(missing));
  process.exit(EXIT_CONFIGURATION);
}
// Slack, HTTP, Redis and the collector come from the environment, which is the same for every cluster.
const [{ slack: access, http: listen, alertsToken, traces: collector }] = configs;
const metrics = createMetrics();
const traces = await openTraces(collector, { program: 'bot', metrics });
const { logger, spans } = traces;
const opened = await openAll(configs, (one) =>
  openBotCluster(one, {
    metrics,
    among: configs.length === 1 ? undefined : one.cluster,
    members: () => slack.members(),
    examine: (asked) => slack.examine(asked),
    tracing: traces,
    logger,
  }),
);
const clusters = opened.map(({ cluster }) => cluster);
const limits = configs.map((one) => one.limits);
const [
  {
    cluster: {
      memory: { redis },
    },
  },
] = opened;
const slack = createSlackBot({
  tokens: {
    botToken: access.botToken?.reveal() ?? '',
    ...(access.appToken === null ? {} : { appToken: access.appToken.reveal() }),
    ...(access.signingSecret === null ? {} : { signingSecret: access.signingSecret.reveal() }),
  },
  apiUrl: access.apiUrl,
  clusters: opened.map((one) => one.slack),
  draw: drawSvg,
  ledger: oneLedger(clusters),
  run: tracedWords(({ text, ...asked }) => runIn(clusters, text, asked), spans),
  home: (who) => Promise.all(clusters.map((one) => one.homeOf(who))),
  rightOf: rightOfWords,
  desk: tracedDesk(oneDesk(clusters), spans),
  groups: [...new Set(configs.flatMap(({ policy }) => peopleIn(policy).filter(isGroup)))],
  onCall: ({ method, result }) => metrics.slackCalled(method, result),
  onGap: (ms) => metrics.slackGap(ms),
  spans,
  seen: createRedisSeen(redis, `medic:${configs.map(({ cluster }) => cluster).join('+')}`),
  logger,
});
for (const cluster of clusters) metrics.read(() => botReadings(cluster));
metrics.read(() => [{ name: 'medic_slack_sockets', labels: {}, value: slack.sockets() }]);
const http = await startHttp({
  host: listen.host,
  port: listen.port,
  metrics,
  ready: async () => [
    ...((await redis.ping()) === 'PONG' ? [] : ['redis']),
    ...(slack.ready().ok ? [] : [`slack: ${slack.ready().detail}`]),
  ],
  routes: {
    'POST /alerts': alertRoute(opened, {
      token: alertsToken?.reveal() ?? null,
      perSecond: Math.max(...limits.map(({ alertsPerSecond }) => alertsPerSecond)),
      nowMs: Date.now,
    }),
    'POST /slack/events': (request, response) => {
      if (!slack.handleHttp(request, response)) response.writeHead(404).end();
    },
  },
});
drainOnSignal({
  logger,
  drainMs: Math.max(...limits.map(({ drainSeconds }) => drainSeconds)) * 1_000,
  async drain() {
    await Promise.all([http.close(), slack.stop()]);
    await Promise.all(opened.map((one) => one.stop()));
  },
  async close() {
    await Promise.all(opened.map((one) => one.close()));
    await traces.close();
  },
});
for (const one of opened) one.start(slack);
await slack.start();
logger.info({ clusters: configs.map(({ cluster }) => cluster), port: http.port }, 'bot is ready');
process.send?.({ kind: 'ready', port: http.port });
