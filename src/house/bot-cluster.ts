import { takeMessage } from '../alerts/door.ts';
import { peopleIn } from '../config/written-policy.ts';
import type { Config } from '../config.ts';
import type { PlacedFault } from '../contract/inventory.ts';
import type { SetAside } from '../domain/entry.ts';
import type { Incident } from '../domain/incident.ts';
import type { ClusterName, PersonId } from '../domain/names.ts';
import { isGroup } from '../domain/policy-now.ts';
import { noteSetAside } from '../engine/note-set-aside.ts';
import { tellFaults } from '../engine/notice-nodes.ts';
import { scheduledLook } from '../engine/scheduled-look.ts';
import type { Metrics } from '../http/metrics.ts';
import { createRedisLeases } from '../ledger/redis-stores.ts';
import { createRedisCursors, createRedisTold } from '../ledger/redis-told.ts';
import { startSchedule } from '../queue/schedule.ts';
import type { SlackBot } from '../slack/bot.ts';
import type { SlackCluster } from '../slack/telling.ts';
import { type createLogger, newSecretId, openMemory } from '../wire.ts';
import { botTasks } from './bot-tasks.ts';
import { type Cluster, openCluster } from './cluster.ts';
import { heartbeatTask } from './heartbeat.ts';
import { type Intake, openIntake } from './intake.ts';
import { lead, type Term } from './lead.ts';
import { startTasks } from './tasks.ts';
import { tellLedger } from './tell-ledger.ts';
import { tracedTasks } from './traced-work.ts';
import type { Tracing } from './traces.ts';

/** One cluster as the bot serves it. */
export type BotCluster = {
  readonly cluster: Cluster;
  readonly intake: Intake;
  readonly slack: SlackCluster;
  /** Begins what the bot does unasked, whenever it is the one that leads. */
  start(slack: Pick<SlackBot, 'telling'>): void;
  /** Ends that: what is being done ends, nothing new begins, another bot may lead at once. */
  stop(): Promise<void>;
  close(): Promise<void>;
};

/** Opens one cluster for the bot. `among`: its name where the installation has several. */
export async function openBotCluster(
  config: Config,
  {
    metrics,
    among,
    members,
    examine,
    tracing,
    logger,
  }: {
    metrics: Metrics;
    among: ClusterName | undefined;
    /** Members of user groups, as far as Slack has told. */
    members: () => ReadonlyMap<PersonId, readonly PersonId[]>;
    /** What Slack says of the app, of channels and of user groups. */
    examine: SlackBot['examine'];
    tracing: Tracing;
    logger: ReturnType<typeof createLogger>;
  },
): Promise<BotCluster> {
  const memory = await openMemory(config, logger, 'bot', (aside) => void tellSetAside(aside));
  const { redis, prefix } = memory;
  const onInventoryFaults = (faults: readonly PlacedFault[]): void => void tellInventory(faults);
  const { incidentChannel, watchChannels } = config.slack;
  const groups = [...new Set(peopleIn(config.policy).filter(isGroup))];
  const channels = [...(incidentChannel === null ? [] : [incidentChannel]), ...watchChannels];
  const cluster = openCluster({
    config,
    memory,
    signer: 'bot',
    members,
    slack: () => examine({ channels, groups }),
    tracing,
    logger,
    onInventoryFaults,
  });
  const { spans } = tracing;
  const intake = openIntake(cluster, { metrics, spans, among });
  const owner = newSecretId();
  const slackSide: SlackCluster = {
    name: config.cluster,
    several: among !== undefined,
    incidentChannel: incidentChannel ?? '',
    policy: cluster.policy,
    nudgeAfterMs: config.limits.remindApproversMinutes * 60_000,
    told: createRedisTold(redis, prefix, owner),
    watch: {
      channels: watchChannels,
      cursors: createRedisCursors(redis, prefix),
      accept: (message) => takeMessage(message, intake.door),
    },
  };
  let leading: { stop(): Promise<void> } | undefined;

  /** Every bot reads the inventory; what is said of it is one entry, however many say it. */
  async function tellInventory(faults: readonly PlacedFault[]): Promise<void> {
    try {
      await tellFaults(faults, await intake.options());
    } catch (error) {
      logger.warn({ error }, 'could not tell of the faults of the inventory');
    }
  }

  async function tellSetAside(aside: SetAside): Promise<void> {
    metrics.setAside(aside.why, config.cluster);
    try {
      await noteSetAside(aside, memory.ledger);
    } catch (error) {
      logger.warn({ error }, 'could not tell in its thread that an entry was set aside');
    }
  }

  /** What only one bot may do at a time: the schedule, following the ledger, the periodic tasks, telling. */
  async function term(slack: Pick<SlackBot, 'telling'>): Promise<Term> {
    const stopping = new AbortController();
    const sweep = () =>
      spans.within({ name: 'scheduled look' }, async () => void (await scheduledLook(await intake.options())));
    const schedule = await startSchedule(memory.queues(), config.schedule.sweepMs, sweep, logger);
    const telling = slack.telling(slackSide);
    const tell = (incident: Incident) => telling.tell(incident);
    const following = await tellLedger({ ...cluster, spans }, intake, tell, stopping.signal);
    const ended = following.ended.catch((error: unknown) => {
      logger.error({ cluster: config.cluster, error }, 'lost the ledger');
      process.exit(1);
    });
    const { url } = config.heartbeat;
    const count = (result: 'ok' | 'failed') => metrics.heartbeat(config.cluster, result);
    const beats = url === null ? [] : [heartbeatTask({ url, count })];
    const often = [following.task, ...botTasks(cluster, intake, telling), ...beats];
    const tasks = startTasks(tracedTasks(often, spans, config.cluster), logger);
    return {
      async stop() {
        stopping.abort();
        await Promise.all([ended, tasks.stop(), schedule.close(), telling.close()]);
      },
    };
  }

  return {
    cluster,
    intake,
    slack: slackSide,
    start(slack) {
      leading = lead({
        leases: createRedisLeases(redis, prefix),
        owner,
        term: () => term(slack),
        nowMs: () => performance.now(),
        logger,
      });
    },
    stop: async () => leading?.stop(),
    async close() {
      await cluster.close();
      await memory.close();
    },
  };
}
