import { createAlertsRoute } from './alerts/alerts-route.ts';
import { type AlertDoor, takeMessage } from './alerts/door.ts';
import { printFaults, requireSlack } from './config.ts';
import type { CommandContext, Reply } from './contract/command.ts';
import { incidentOf } from './domain/incident.ts';
import type { IncidentId } from './domain/names.ts';
import { hashPlan } from './domain/plan.ts';
import { withExclusions } from './domain/with-exclusions.ts';
import { splitWords } from './domain/words.ts';
import { createApprovalDesk } from './engine/approval-desk.ts';
import { noticeNodes } from './engine/notice-nodes.ts';
import { type OpenAlertOptions, openAlert } from './engine/open-alert.ts';
import { runWords } from './engine/run-words.ts';
import { scheduledLook } from './engine/scheduled-look.ts';
import { tendAlerts, writeCounts } from './engine/tend-alerts.ts';
import { createMetrics } from './http/metrics.ts';
import { startHttp } from './http/server.ts';
import { openSigner } from './keys/approval-keys.ts';
import { createRedisCauses } from './ledger/redis-causes.ts';
import { createRedisCursors, createRedisKnownNodes, createRedisSeen, createRedisTold } from './ledger/redis-told.ts';
import { drawSvg } from './pictures/draw-svg.ts';
import { createDispatch } from './queue/queues.ts';
import { startSchedule } from './queue/schedule.ts';
import { commands, rightOfWords } from './registry/commands.ts';
import { checks } from './registry/jobs.ts';
import { createSlackBot } from './slack/bot.ts';
import type { Wish } from './slack/wishes.ts';
import {
  configOrExit,
  createLogger,
  deskMinutes,
  EXIT_CONFIGURATION,
  newId,
  newSecretId,
  openInventory,
  openMemory,
  rootFlags,
} from './wire.ts';

const TEND_EVERY_MS = 5_000;
const TEND_ALERTS_EVERY_MS = 500;
/** Changes of one incident that arrive within this time are told together (ms). */
const GATHER_MS = 50;
const RETOLD_AT_START = 100;

// Composition root of the bot: it holds the Slack tokens and the signing key, no SSH key, and cannot reach ssh2.
const { config } = configOrExit(rootFlags(process.argv.slice(2)).config);
const missing = requireSlack(config);
if (missing.length > 0) {
  process.stderr.write(printFaults(missing));
  process.exit(EXIT_CONFIGURATION);
}
const logger = createLogger('bot');
const memory = await openMemory(config, logger);
const { redis, prefix, ledger, orders, records } = memory;
const inventory = openInventory(config, logger);
const policy = () => ({ ...config.policy, mode: config.mode });
const dispatch = createDispatch(memory.queues(), logger);
const now = () => new Date();
const desk = createApprovalDesk({
  cluster: config.cluster,
  ledger,
  orders,
  dispatch,
  signer: openSigner(config.stateDir, 'bot'),
  policy,
  now,
  newRequestId: newSecretId,
  minutes: deskMinutes(config),
});
const { apiUrl, botToken, appToken, signingSecret, incidentChannel } = config.slack;
const causes = createRedisCauses(redis, prefix);
const seen = createRedisSeen(redis, prefix);
const metrics = createMetrics();
const door: AlertDoor = {
  known: () => ({ models: config.models, nodes: inventory.current().nodes }),
  accept: async (alert) => openAlert(alert, await intake()),
  count: metrics.alerts,
};
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
  desk,
  policy,
  told: createRedisTold(redis, prefix),
  seen,
  watch: {
    channels: config.slack.watchChannels,
    cursors: createRedisCursors(redis, prefix),
    accept: (message) => takeMessage(message, door),
  },
  logger,
});
const stopping = new AbortController();
const alerts = createAlertsRoute({
  ...door,
  token: config.alertsToken?.reveal() ?? null,
  perSecond: config.limits.alertsPerSecond,
  nowMs: Date.now,
});
const http = await startHttp({
  host: config.http.host,
  port: config.http.port,
  metrics,
  ready: async () => [
    ...((await redis.ping()) === 'PONG' ? [] : ['redis']),
    ...(slack.ready().ok ? [] : [`slack: ${slack.ready().detail}`]),
  ],
  routes: {
    'POST /alerts': alerts,
    'POST /slack/events': (request, response) => {
      if (!slack.handleHttp(request, response)) response.writeHead(404).end();
    },
  },
});
const sweep = async (): Promise<void> => void (await scheduledLook(await intake()));
const schedule = await startSchedule(memory.queues(), config.schedule.sweepMs, sweep, logger);
const dirty = new Set<IncidentId>();
for (const id of await ledger.recent(RETOLD_AT_START)) dirty.add(id);
const telling = setInterval(() => void tellDirty(), GATHER_MS);
const tending = setInterval(() => void tendPrompts(), TEND_EVERY_MS);
let tendingAlerts = false;
const alertTending = setInterval(() => void tendIntake(), TEND_ALERTS_EVERY_MS);
const cursorKey = `${prefix}:bot-cursor`;
const following = ledger.follow({ cursor: (await redis.get(cursorKey)) ?? '$', signal: stopping.signal, onEntry });
following.catch((error: unknown) => {
  logger.error({ error }, 'lost the ledger');
  process.exit(1);
});
process.once('SIGINT', () => void stop());
process.once('SIGTERM', () => void stop());
process.once('disconnect', () => void stop());
await slack.start();
logger.info({ cluster: config.cluster, port: http.port }, 'bot is ready');
process.send?.({ kind: 'ready', port: http.port });

/** Each entry makes its incident's thread due; plans get their prompts here, once, whoever made them. */
async function onEntry(
  entry: Parameters<Parameters<typeof ledger.follow>[0]['onEntry']>[0],
  cursor: string,
): Promise<void> {
  dirty.add(entry.incident);
  if (entry.event.kind === 'planned') {
    for (const plan of entry.event.plans) {
      const once = `prompt:${entry.incident}:${entry.id}:${hashPlan(plan)}`;
      await desk.request({ incident: entry.incident, plan, requester: entry.event.by, once });
    }
  }
  await redis.set(cursorKey, cursor);
}

async function tellDirty(): Promise<void> {
  const due = [...dirty];
  dirty.clear();
  for (const id of due) {
    try {
      const incident = incidentOf(await ledger.entries(id));
      if (incident !== undefined) slack.tell(incident);
    } catch (error) {
      logger.warn({ incident: id, error }, 'could not read an incident; it is told later');
      dirty.add(id);
    }
  }
}

async function tendPrompts(): Promise<void> {
  try {
    await desk.tend();
    await writeCounts({ ledger, causes });
    await noticeNodes(createRedisKnownNodes(redis, prefix), await intake());
  } catch (error) {
    logger.warn({ error }, 'could not tend to the prompts and counts');
  }
}

/** What opening and telling alerts need; the inventory as it counts now. */
async function intake(): Promise<OpenAlertOptions> {
  const channel = incidentChannel ?? undefined;
  return {
    ledger,
    causes,
    seen,
    dispatch,
    inventory: withExclusions(inventory.current(), await orders.standing()),
    models: config.models,
    checks,
    limits: config.limits,
    now,
    channel,
  };
}

async function tendIntake(): Promise<void> {
  if (tendingAlerts) return;
  tendingAlerts = true;
  try {
    await tendAlerts({ ...(await intake()), orders });
  } catch (error) {
    logger.warn({ error }, 'could not tend to the alerts');
  } finally {
    tendingAlerts = false;
  }
}

async function run({ who, text, place, incident }: Wish): Promise<Reply> {
  const split = splitWords(text);
  if (!split.ok) return { kind: 'refused', refusal: split.refusal };
  const context: CommandContext = {
    who,
    place,
    incident,
    cluster: config.cluster,
    inventory: withExclusions(inventory.current(), await orders.standing()),
    models: config.models,
    policy: policy(),
    ledger,
    orders,
    records,
    dispatch,
    desk,
    now,
    newIncidentId: () => newId('i-'),
    commands,
    checks: checks,
  };
  return runWords(split.words, context);
}

async function stop(): Promise<void> {
  clearInterval(telling);
  clearInterval(tending);
  clearInterval(alertTending);
  stopping.abort();
  await http.close();
  await slack.stop();
  await schedule.close();
  await dispatch.close();
  await memory.close();
  process.exit(0);
}
