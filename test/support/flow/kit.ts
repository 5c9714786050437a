import { join } from 'node:path';
import { readCeilings } from '../../../src/config/ceilings.ts';
import type { Sessions } from '../../../src/contract/sessions.ts';
import { noSpans } from '../../../src/contract/spans.ts';
import { hashPlan, type Plan } from '../../../src/domain/plan.ts';
import type { Receipt } from '../../../src/domain/receipt.ts';
import { followCancels } from '../../../src/engine/cancels.ts';
import { executePlan } from '../../../src/engine/execute-plan.ts';
import { bytesPerSecond, type Kit } from '../../../src/engine/kit.ts';
import { makePlans } from '../../../src/engine/make-plan.ts';
import { workerFacts } from '../../../src/house/worker-facts.ts';
import { openVerifier, publicKeyFolder } from '../../../src/keys/approval-keys.ts';
import { openFileChanges } from '../../../src/keys/file-changes.ts';
import { openFileJournal } from '../../../src/keys/file-journal.ts';
import { createFrozen } from '../../../src/keys/frozen.ts';
import { createOwnKeys, withOwnKeys } from '../../../src/keys/own-keys.ts';
import { createRedisLastSeen } from '../../../src/ledger/redis-last-seen.ts';
import { createRedisMisses } from '../../../src/ledger/redis-misses.ts';
import { createRedisDigests, createRedisLeases } from '../../../src/ledger/redis-stores.ts';
import { actions, argvs } from '../../../src/registry/actions.ts';
import {
  checks,
  chooseRepair,
  copiesLook,
  holdersLook,
  measure,
  ownersLook,
  repairs,
  sourceLook,
} from '../../../src/registry/jobs.ts';
import { createHostKeys } from '../../../src/ssh/host-keys.ts';
import { createSessions } from '../../../src/ssh/sessions.ts';
import { createRelayTransport } from '../../../src/transports/relay.ts';
import { createStreamTransport } from '../../../src/transports/stream.ts';
import { newId, newSecretId, openInventory, openKnownHosts, policyOf } from '../../../src/wire.ts';
import { journalFolder, type Office, quiet } from './office.ts';
import { me } from './site.ts';

/** The worker's engine in this process, on real Redis and real SSH. */
export interface Workshop {
  readonly kit: Kit;
  /** Opens an incident about these nodes and plans for it. */
  plan(nodes: readonly string[]): Promise<{ readonly incident: string; readonly plans: readonly Plan[] }>;
  /** Approves the plan and runs it to its receipt. */
  run(incident: string, plan: Plan): Promise<Receipt>;
  close(): Promise<void>;
}

/** Wires a kit as the worker does; `wrap` stands between the engine and the nodes. */
export function openWorkshop(office: Office, wrap: (sessions: Sessions) => Sessions): Workshop {
  const { config, memory } = office;
  const inventory = openInventory(config, quiet);
  const hosts = openKnownHosts(config, quiet);
  const nodeByName = (name: string) => inventory.current().nodes.find((node) => node.name === name);
  const real = createSessions({ knownHosts: () => hosts.entries(), nodeByName, logger: quiet });
  const sessions = wrap(real);
  const stopping = new AbortController();
  const cancels = followCancels(memory.ledger, stopping.signal);
  const stream = createStreamTransport({ sessions });
  const relay = createRelayTransport({
    sessions,
    through: stream,
    rules: config.transports.relay,
    limitOf: (node) => bytesPerSecond(config.transports.nodeMbit, node),
    newToken: () => newSecretId() + newSecretId(),
    logger: quiet,
  });
  const kit: Kit = {
    cluster: config.cluster,
    models: config.models,
    inventory,
    policy: () => policyOf(config, inventory),
    sessions,
    hostKeys: createHostKeys({ file: hosts, asker: real }),
    pullFrom: null,
    transports: [stream, relay],
    nodeMbit: config.transports.nodeMbit,
    relay: config.transports.relay,
    ledger: memory.ledger,
    records: memory.records,
    digests: createRedisDigests(memory.redis, memory.prefix),
    leases: createRedisLeases(memory.redis, memory.prefix),
    misses: createRedisMisses(memory.redis, memory.prefix),
    lastSeen: createRedisLastSeen(memory.redis, memory.prefix),
    missesMax: config.limits.unreachableMisses,
    orders: memory.orders,
    frozen: createFrozen(join(config.stateDir, 'readonly')),
    ceilings: () => readCeilings(config.ceilingsFile, process.getuid?.() ?? null),
    changes: memory.changes,
    ownChanges: openFileChanges(join(config.stateDir, 'changes')),
    changesUnder: (id) => openFileChanges(join(config.stateDir, 'standing', id)),
    unverifiedMax: config.limits.unverifiedPerHour,
    journal: openFileJournal(journalFolder(config)),
    verifier: withOwnKeys(openVerifier(publicKeyFolder(config.stateDir)), config.shellKeys),
    ownKeys: createOwnKeys(config.shellKeys),
    checks,
    repairs,
    chooseRepair,
    sourceLook,
    copiesLook,
    holdersLook,
    measure,
    ownersLook,
    self: () => workerFacts(config, { inventory, knownHosts: hosts, redis: memory.redis }),
    cancels,
    actions,
    argvs,
    driftPercent: config.limits.driftPercent,
    limits: config.limits,
    daemon: config.daemon,
    now: () => new Date(),
    newReceiptId: () => newId('r-'),
    newTemporary: () => `.medic-${newSecretId()}`,
    logger: quiet,
    spans: noSpans,
  };
  return {
    kit,
    async plan(nodes) {
      const { incident, scope } = await office.open(nodes, 'fix');
      await makePlans(kit, { incident, scope, by: me, inventory: inventory.current().digest });
      const { plans } = await office.incident(incident);
      return { incident, plans: [...plans.values()] };
    },
    async run(incident, plan) {
      const request = await office.approve(incident, plan);
      const { event } = (await office.entries(incident)).find((entry) => entry.event.kind === 'authorized') ?? {};
      if (event?.kind !== 'authorized' || event.signed.approval.plan !== hashPlan(plan))
        throw new Error('nothing was signed for this plan');
      await executePlan(kit, { incident, plan, signed: event.signed }, new AbortController().signal);
      return office.receipt(incident, request, 1_000);
    },
    async close() {
      stopping.abort();
      await cancels.ended;
      await real.close();
    },
  };
}
