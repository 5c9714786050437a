import type { Config } from '../config.ts';
import type { ApprovalDesk, CommandContext } from '../contract/command.ts';
import type { HomeFacts } from '../contract/home.ts';
import type { Inventory, PlacedFault } from '../contract/inventory.ts';
import type { Logger } from '../contract/logger.ts';
import type { Misses } from '../contract/misses.ts';
import { noSpans } from '../contract/spans.ts';
import type { SlackFacts } from '../domain/doctor-here.ts';
import type { PersonId } from '../domain/names.ts';
import type { Policy } from '../domain/policy.ts';
import { withExclusions } from '../domain/with-exclusions.ts';
import { createApprovalDesk } from '../engine/approval-desk.ts';
import { homeFacts } from '../engine/home-facts.ts';
import { openSigner } from '../keys/approval-keys.ts';
import { createOwnKeys, openOwnKey, publicHalf } from '../keys/own-keys.ts';
import { createRedisMisses } from '../ledger/redis-misses.ts';
import { createDispatch } from '../queue/queues.ts';
import { commands } from '../registry/commands.ts';
import { checks } from '../registry/jobs.ts';
import { deskMinutes, type Memory, newId, newSecretId, openInventory, policyOf } from '../wire.ts';
import { examineHere } from './examine-here.ts';
import { setupNote } from './setup.ts';
import { tracedDispatch } from './traced-work.ts';
import type { Tracing } from './traces.ts';
import { saveNew, trailFileOf } from './trail.ts';

/** What bot and shell have once a cluster: everything that commands and decisions need. It reaches no node and no Slack. */
export type Cluster = {
  readonly config: Config;
  readonly memory: Memory;
  readonly dispatch: ReturnType<typeof createDispatch>;
  readonly desk: ApprovalDesk;
  readonly policy: () => Policy;
  readonly misses: Misses;
  readonly now: () => Date;
  /** Whose key this shell has; undefined where people of a shell are known by their name. */
  readonly ownPerson: PersonId | undefined;
  /** As it counts now: without what is excluded. */
  inventory(): Promise<Inventory>;
  /** Writes down what this process has read, where people decide by it. */
  noteSetup(): Promise<void>;
  /** The nodes of the inventory as it is now, excluded ones too. */
  allNodes(): Inventory['nodes'];
  /** What somebody sees of it in the Home tab. */
  homeOf(who: PersonId): Promise<HomeFacts>;
  /** What one command may use. */
  contextOf(asked: Pick<CommandContext, 'who' | 'place' | 'incident'>): Promise<CommandContext>;
  close(): Promise<void>;
};

/** Puts one cluster together. `signer`: whose key signs its approvals; `invocation`: the queues of one shell call alone. */
export function openCluster(options: {
  readonly config: Config;
  readonly memory: Memory;
  readonly signer: 'bot' | 'shell';
  /** Members of the user groups that the policy names, as far as Slack has told; absent: nobody asks Slack. */
  readonly members?: () => ReadonlyMap<PersonId, readonly PersonId[]>;
  readonly invocation?: string | undefined;
  /** What Slack says of the app; absent: nobody asks Slack. */
  readonly slack?: () => Promise<SlackFacts>;
  readonly logger: Logger;
  /** Absent: no traces are made. */
  readonly tracing?: Tracing;
  /** A new version of the inventory cannot be used. */
  readonly onInventoryFaults?: (faults: readonly PlacedFault[]) => void;
}): Cluster {
  const { config, memory, logger, tracing = { spans: noSpans } } = options;
  const { ledger, orders, records, changes } = memory;
  const misses = createRedisMisses(memory.redis, memory.prefix);
  const source = openInventory(config, logger, options.onInventoryFaults);
  const policy = () => policyOf(config, source, options.members?.());
  // On a Redis that others reach, a name proves nothing: who has rights there in a shell has a key in medic.yaml.
  const ownKey =
    options.signer === 'bot' || config.redisUrl === null ? undefined : openOwnKey(config.stateDir, config.shellKeys);
  const now = () => new Date();
  const { spans, telemetry } = tracing;
  const place = { ...memory.queues(options.invocation), ...(telemetry === undefined ? {} : { telemetry }) };
  const dispatch = tracedDispatch(createDispatch(place, logger, memory.signing), spans, config.cluster);
  const desk = createApprovalDesk({
    cluster: config.cluster,
    ledger,
    orders,
    changes,
    dispatch,
    signer: ownKey?.signer ?? openSigner(config.stateDir, options.signer),
    ownKey,
    ownKeys: createOwnKeys(config.shellKeys),
    policy,
    now,
    newRequestId: newSecretId,
    minutes: deskMinutes(config),
  });
  const inventory = async () => withExclusions(source.current(), await orders.standing());
  return {
    config,
    memory,
    dispatch,
    desk,
    policy,
    misses,
    now,
    ownPerson: ownKey?.person,
    inventory,
    noteSetup: setupNote(config, orders, { side: 'desk', inventory: source }),
    allNodes: () => source.current().nodes,
    homeOf: async (who) =>
      homeFacts(who, {
        cluster: config.cluster,
        ledger,
        orders,
        maintenance: config.maintenance,
        inventory: await inventory(),
        policy: policy(),
        now,
      }),
    contextOf: async (asked) => ({
      ...asked,
      cluster: config.cluster,
      inventory: await inventory(),
      models: config.models,
      policy: policy(),
      ledger,
      orders,
      maintenance: config.maintenance,
      records,
      misses: { all: () => misses.all(), enough: config.limits.unreachableMisses },
      dispatch,
      desk,
      now,
      newIncidentId: () => newId('i-'),
      commands,
      checks,
      examine: () =>
        examineHere({
          config,
          memory,
          policy: policy(),
          signer: options.signer,
          hasOwnKey: ownKey !== undefined,
          slack: options.slack,
        }),
      trail: memory.trail,
      ...(options.signer === 'shell'
        ? { ownPublicHalf: () => publicHalf(config.stateDir), kept: trailFileOf(config), save: saveNew }
        : {}),
    }),
    close: () => dispatch.close(),
  };
}
