import { randomBytes } from 'node:crypto';
import { type Logger as Pino, pino } from 'pino';
import { loadInstallation } from './config/installation.ts';
import { readRedisAt } from './config/redis-address.ts';
import { type Config, printFaults } from './config.ts';
import type { Changes } from './contract/changes.ts';
import type { InventorySource, PlacedFault } from './contract/inventory.ts';
import type { Ledger } from './contract/ledger.ts';
import type { Logger } from './contract/logger.ts';
import type { Orders } from './contract/orders.ts';
import type { Records } from './contract/records.ts';
import type { RedisAddress } from './contract/redis-address.ts';
import type { Signing } from './contract/signing.ts';
import type { Trail } from './contract/trail.ts';
import { type Distrust, distrustWords } from './domain/distrust.ts';
import type { SetAside } from './domain/entry.ts';
import type { PersonId } from './domain/names.ts';
import type { Policy } from './domain/policy.ts';
import { policyNow } from './domain/policy-now.ts';
import type { DeskMinutes } from './engine/desk.ts';
import { signingOf } from './house/signing.ts';
import { readGuardedFile } from './inventory/guarded-file.ts';
import { INVENTORY_BYTES_MAX, watchInventory } from './inventory/watch-inventory.ts';
import { connectRedis, isClusterNode, serverAt } from './ledger/connect.ts';
import { createRedisChanges } from './ledger/redis-changes.ts';
import { createRedisLedger } from './ledger/redis-ledger.ts';
import { createRedisOrders } from './ledger/redis-orders.ts';
import { createRedisRecords } from './ledger/redis-stores.ts';
import { createRedisTrail } from './ledger/redis-trail.ts';
import type { QueuePlace } from './queue/queues.ts';
import { startEmbeddedRedis } from './redis/embedded-redis.ts';
import { commands } from './registry/commands.ts';
import { type KnownHostsFile, openKnownHostsFile } from './ssh/known-hosts-file.ts';

/** What all three roots share: Redis, the ledger on it and the place of the queues. */
export type Memory = {
  readonly redis: ReturnType<typeof connectRedis>;
  readonly prefix: string;
  readonly ledger: Ledger;
  readonly orders: Orders;
  readonly records: Records;
  readonly changes: Changes;
  readonly trail: Trail;
  /** Signs what this program writes, and judges what others wrote. */
  readonly signing: Signing;
  queues(invocation?: string): QueuePlace;
  close(): Promise<void>;
};

/** Exit code of a bad environment or file. */
export const EXIT_CONFIGURATION = 78;

/** A logger that writes JSON lines to standard error. `also`: what else each line has, of the moment. */
export function createLogger(name: string, also?: () => object): Pino {
  const redact = { paths: ['*.token', '*.password'], censor: '[secret]' };
  const options = { name, redact, ...(also === undefined ? {} : { mixin: also }) };
  return pino(options, pino.destination({ fd: 2, sync: true }));
}

/** The clusters of this installation that the flags name, all without names; or the end of this process with every fault on standard error. */
export function clustersOrExit({
  config,
  clusters,
}: Pick<RootFlags, 'config' | 'clusters'>): readonly [Config, ...Config[]] {
  const loaded = loadInstallation({
    commands: commands.map(({ name }) => name),
    ...(config === undefined ? {} : { configFile: config }),
    ...(clusters === undefined ? {} : { only: clusters }),
  });
  const [first, ...others] = loaded.ok ? loaded.clusters : [];
  if (first !== undefined) return [first, ...others];
  process.stderr.write(printFaults(loaded.ok ? [{ place: '--cluster', text: 'names no cluster' }] : loaded.faults));
  process.exit(EXIT_CONFIGURATION);
}

/** Opens every cluster, one after the other: they share an embedded Redis, which the first one starts. */
export async function openAll<T>(
  [first, ...others]: readonly [Config, ...Config[]],
  open: (config: Config) => Promise<T>,
): Promise<readonly [T, ...T[]]> {
  const opened: [T, ...T[]] = [await open(first)];
  for (const other of others) opened.push(await open(other));
  return opened;
}

function addressOf({ redisUrl, redisCa }: Config): RedisAddress {
  const read = readRedisAt(redisUrl?.reveal() ?? '');
  if (!read.ok) throw new Error(`REDIS_URL ${read.text}`);
  return { at: read.at, ca: redisCa ?? undefined };
}

/**
 * Connects to Redis, the embedded one where no URL is given. `program`: who signs what is written; `onSetAside` hears of entries that count for
 * nothing, once each, beside the log.
 */
export async function openMemory(
  config: Config,
  logger: Logger,
  program: 'bot' | 'shell' | 'worker',
  onSetAside: (aside: SetAside) => void = () => undefined,
): Promise<Memory> {
  const embedded = config.redisUrl === null ? await startEmbeddedRedis({ stateDir: config.redisDir }) : undefined;
  const place = embedded === undefined ? addressOf(config) : serverAt(embedded.socketPath);
  const onError = (error: Error) => logger.warn({ error: error.message }, 'Redis does not answer');
  const redis = connectRedis(place, 'impatient', onError);
  const patient = connectRedis(place, 'patient', onError);
  if (embedded === undefined && (await isClusterNode(redis))) {
    const text =
      'is a node of a Redis Cluster, which is not supported: use one server, with sentinels where it has to fail over';
    process.stderr.write(printFaults([{ place: 'REDIS_URL', text }]));
    process.exit(EXIT_CONFIGURATION);
  }
  const prefix = `medic:${config.cluster}`;
  const blocking = () => connectRedis(place, 'patient', onError);
  const { cluster } = config;
  const signing = signingOf(config, program);
  const now = () => new Date();
  const tell = (where: object, why: Distrust) =>
    logger.error({ cluster, ...where, why: distrustWords[why] }, 'somebody wrote past medic; it counts for nothing');
  return {
    redis,
    prefix,
    orders: createRedisOrders({
      redis,
      prefix,
      now,
      signing,
      onSetAside: ({ id, why, key }) => tell({ order: id, key }, why),
    }),
    records: createRedisRecords(redis, prefix),
    changes: createRedisChanges(redis, prefix),
    trail: createRedisTrail({ redis, prefix, signing }),
    signing,
    ledger: createRedisLedger({
      redis,
      blocking,
      prefix,
      now,
      signing,
      onSetAside(aside) {
        const { incident, id, key, why, event } = aside;
        tell({ incident, entry: id, kind: event?.kind, key }, why);
        onSetAside(aside);
      },
    }),
    queues: (invocation) => ({
      connection: patient,
      prefix: `${prefix}:queue`,
      ...(invocation === undefined ? {} : { invocation }),
    }),
    async close() {
      redis.disconnect();
      patient.disconnect();
      await embedded?.close();
    },
  };
}

/** The inventory as it is now; a broken new version is reported and the old one kept. */
export function openInventory(
  config: Config,
  logger: Logger,
  onFaults: (faults: readonly PlacedFault[]) => void = () => undefined,
): InventorySource {
  const watched = watchInventory({
    path: config.inventoryFile,
    coordinator: config.coordinator,
    localNode: config.localNode,
    untrusted: config.transports.relay.untrusted,
    uid: process.getuid?.() ?? null,
    onFaults(faults) {
      logger.error({ faults }, 'the new inventory has faults; the old one stays in use');
      onFaults(faults);
    },
  });
  if (watched.ok) return watched.source;
  process.stderr.write(printFaults(watched.faults));
  process.exit(EXIT_CONFIGURATION);
}

/** Who may do what with the inventory as it is now; `members` are those of user groups, as far as Slack has told. */
export function policyOf(
  { policy, mode }: Pick<Config, 'policy' | 'mode'>,
  inventory: InventorySource,
  members?: ReadonlyMap<PersonId, readonly PersonId[]>,
): Policy {
  const { nodes } = inventory.current();
  return policyNow(policy, { mode, nodes, ...(members === undefined ? {} : { members }) });
}

/** The worker's known_hosts as it is now; a broken new version is reported and the old one kept. */
export function openKnownHosts({ knownHostsFile: path }: Config, logger: Logger): KnownHostsFile {
  const uid = process.getuid?.() ?? null;
  const opened = openKnownHostsFile({
    path,
    read: () => readGuardedFile({ path, uid, bytesMax: INVENTORY_BYTES_MAX }),
    onFaults: (faults) => logger.error({ faults }, 'the new known_hosts has faults; the old one stays in use'),
  });
  if (opened.ok) return opened.file;
  for (const { file, line, text } of opened.faults) process.stderr.write(`${file}:${line}: ${text}\n`);
  process.exit(EXIT_CONFIGURATION);
}

/** How long people have to decide and a worker to begin. */
export function deskMinutes({ limits }: Config): DeskMinutes {
  return {
    toApprove: limits.approvalMinutes,
    toApproveForTwo: limits.approvalMinutesForTwo,
    toRun: limits.runWindowMinutes,
  };
}

/** `prefix` and 8 random hex digits. */
export function newId(prefix: 'i-' | 'r-'): string {
  return `${prefix}${randomBytes(4).toString('hex')}`;
}

/** 128 random bits in hex. */
export function newSecretId(): string {
  return randomBytes(16).toString('hex');
}

/** What stands on a root's command line. */
export type RootFlags = {
  readonly config?: string;
  readonly invocation?: string;
  /** Absent: every cluster. */
  readonly clusters?: readonly string[];
  readonly json: boolean;
  readonly rest: readonly string[];
};

/** The words after the flags that only the roots understand: `--config F`, `--invocation X`, `--cluster a,b`. */
export function rootFlags(argv: readonly string[]): RootFlags {
  const rest: string[] = [];
  const found: { config?: string; invocation?: string; clusters?: readonly string[] } = {};
  let json = false;
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    const next = argv[index + 1];
    if (word === '--json') json = true;
    else if ((word === '--config' || word === '--invocation' || word === '--cluster') && next !== undefined) {
      if (word === '--cluster') found.clusters = next.split(',');
      else found[word === '--config' ? 'config' : 'invocation'] = next;
      index += 1;
    } else rest.push(word);
  }
  return { ...found, json, rest };
}
