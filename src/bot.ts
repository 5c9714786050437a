import { createAlertsRoute } from './alerts/alerts-route.ts';
import { takeMessage } from './alerts/door.ts';
import { peopleIn } from './config/written-policy.ts';
import { printFaults, requireSlack } from './config.ts';
import type { Reply } from './contract/command.ts';
import type { PlacedFault } from './contract/inventory.ts';
import { isGroup } from './domain/policy-now.ts';
import { splitWords } from './domain/words.ts';
import { tellFaults } from './engine/notice-nodes.ts';
import { runWords } from './engine/run-words.ts';
import { scheduledLook } from './engine/scheduled-look.ts';
import { botTasks } from './house/bot-tasks.ts';
import { openCluster } from './house/cluster.ts';
import { openIntake } from './house/intake.ts';
import { startTasks } from './house/tasks.ts';
import { tellLedger } from './house/tell-ledger.ts';
import { createMetrics } from './http/metrics.ts';
import { startHttp } from './http/server.ts';
import { createRedisCursors, createRedisTold } from './ledger/redis-told.ts';
import { drawSvg } from './pictures/draw-svg.ts';
import { startSchedule } from './queue/schedule.ts';
import { rightOfWords } from './registry/commands.ts';
import { createSlackBot } from './slack/bot.ts';
import type { Wish } from './slack/wishes.ts';
import { configOrExit, createLogger, EXIT_CONFIGURATION, openMemory, rootFlags } from './wire.ts';

// Composition root of the bot: it holds the Slack tokens and the signing key, no SSH key, and cannot reach ssh2.
const { config } = configOrExit(rootFlags(process.argv.slice(2)).config);
const missing = requireSlack(config);
if (missing.length > 0) {
  process.stderr.write(printFaults(missing));
  process.exit(EXIT_CONFIGURATION);
}
const logger = createLogger('bot');
const memory = await openMemory(config, logger);
const { redis, prefix, ledger } = memory;
const onInventoryFaults = (faults: readonly PlacedFault[]): void => void tellInventory(faults);
const cluster = openCluster({
  config,
  memory,
  signer: 'bot',
  logger,
  members: () => slack.members(),
  onInventoryFaults,
});
const metrics = createMetrics();
const intake = openIntake(cluster, metrics);
const { apiUrl, botToken, appToken, signingSecret, incidentChannel } = config.slack;
const slack = createSlackBot({
  tokens: {
    botToken: botToken?.reveal() ?? '',
    ...(appToken === null ? {} : { appToken: appToken.reveal() }),
    ...(signingSecret === null ? {} : { signingSecret: signingSecret.reveal() }),
  },
  apiUrl,
  cluster: config.cluster,
  draw: drawSvg,
  incidentChannel: incidentChannel ?? '',
  ledger,
  run,
  rightOf: rightOfWords,
  desk: cluster.desk,
  policy: cluster.policy,
  groups: peopleIn(config.policy).filter(isGroup),
  told: createRedisTold(redis, prefix),
  seen: intake.seen,
  watch: {
    channels: config.slack.watchChannels,
    cursors: createRedisCursors(redis, prefix),
    accept: (message) => takeMessage(message, intake.door),
  },
  logger,
});
const stopping = new AbortController();
const http = await startHttp({
  host: config.http.host,
  port: config.http.port,
  metrics,
  ready: async () => [
    ...((await redis.ping()) === 'PONG' ? [] : ['redis']),
    ...(slack.ready().ok ? [] : [`slack: ${slack.ready().detail}`]),
  ],
  routes: {
    'POST /alerts': createAlertsRoute({
      ...intake.door,
      token: config.alertsToken?.reveal() ?? null,
      perSecond: config.limits.alertsPerSecond,
      nowMs: Date.now,
    }),
    'POST /slack/events': (request, response) => {
      if (!slack.handleHttp(request, response)) response.writeHead(404).end();
    },
  },
});
const sweep = async (): Promise<void> => void (await scheduledLook(await intake.options()));
const schedule = await startSchedule(memory.queues(), config.schedule.sweepMs, sweep, logger);
const telling = await tellLedger(cluster, (incident) => slack.tell(incident), stopping.signal);
telling.ended.catch((error: unknown) => {
  logger.error({ error }, 'lost the ledger');
  process.exit(1);
});
const tasks = startTasks([telling.task, ...botTasks(cluster, intake)], logger);
process.once('SIGINT', () => void stop());
process.once('SIGTERM', () => void stop());
process.once('disconnect', () => void stop());
await slack.start();
logger.info({ cluster: config.cluster, port: http.port }, 'bot is ready');
process.send?.({ kind: 'ready', port: http.port });

async function run({ who, text, place, incident }: Wish): Promise<Reply> {
  const split = splitWords(text);
  if (!split.ok) return { kind: 'refused', refusal: split.refusal };
  return runWords(split.words, await cluster.contextOf({ who, place, incident }));
}

async function tellInventory(faults: readonly PlacedFault[]): Promise<void> {
  try {
    await tellFaults(faults, await intake.options());
  } catch (error) {
    logger.warn({ error }, 'could not tell of the faults of the inventory');
  }
}

async function stop(): Promise<void> {
  tasks.stop();
  stopping.abort();
  await http.close();
  await slack.stop();
  await schedule.close();
  await cluster.close();
  await memory.close();
  process.exit(0);
}
