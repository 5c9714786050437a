import { join } from 'node:path';
import { readCeilings } from '../config/ceilings.ts';
import { type Config, printFaults } from '../config.ts';
import type { Spans } from '../contract/spans.ts';
import type { Transport } from '../contract/transport.ts';
import { bytesPerSecond, type Kit } from '../engine/kit.ts';
import type { Metrics } from '../http/metrics.ts';
import { openVerifier, publicKeyFolder } from '../keys/approval-keys.ts';
import { openFileChanges } from '../keys/file-changes.ts';
import { openFileJournal } from '../keys/file-journal.ts';
import { createFrozen } from '../keys/frozen.ts';
import { createOwnKeys, withOwnKeys } from '../keys/own-keys.ts';
import { createRedisLastSeen } from '../ledger/redis-last-seen.ts';
import { createRedisMisses } from '../ledger/redis-misses.ts';
import { createRedisDigests, createRedisLeases } from '../ledger/redis-stores.ts';
import { actions, argvs } from '../registry/actions.ts';
import {
  checks,
  chooseRepair,
  copiesLook,
  holdersLook,
  measure,
  ownersLook,
  repairs,
  sourceLook,
} from '../registry/jobs.ts';
import { createHostKeys } from '../ssh/host-keys.ts';
import { createSessions } from '../ssh/sessions.ts';
import { createHttpTransport } from '../transports/http.ts';
import { createRelayTransport } from '../transports/relay.ts';
import { createRsyncTransport } from '../transports/rsync.ts';
import { createStreamTransport } from '../transports/stream.ts';
import {
  type createLogger,
  EXIT_CONFIGURATION,
  type Memory,
  newId,
  newSecretId,
  openInventory,
  openKnownHosts,
  policyOf,
} from '../wire.ts';
import { tracedSessions, tracedTransport } from './traced-work.ts';
import { workerFacts } from './worker-facts.ts';

/** What the worker has once a cluster: everything that looks, plans and changes need. Ends the process when known_hosts or its own ceilings cannot be read. */
export function createKit(
  settings: Config,
  { redis, prefix, ledger, orders, records, changes }: Memory,
  {
    cancels,
    logger: log,
    metrics,
    spans,
  }: {
    readonly cancels: Kit['cancels'];
    readonly logger: ReturnType<typeof createLogger>;
    readonly metrics: Metrics;
    readonly spans: Spans;
  },
): Kit {
  const inventory = openInventory(settings, log);
  const knownHosts = openKnownHosts(settings, log);
  const ceilings = () => readCeilings(settings.ceilingsFile, process.getuid?.() ?? null);
  const forbidden = ceilings();
  if (!forbidden.ok) {
    process.stderr.write(printFaults(forbidden.faults));
    process.exit(EXIT_CONFIGURATION);
  }
  const nodeByName = (name: string) => inventory.current().nodes.find((node) => node.name === name);
  const { cluster } = settings;
  const onConnect = (result: string) => metrics.sshConnected(cluster, result);
  const reached = createSessions({ knownHosts: () => knownHosts.entries(), nodeByName, logger: log, onConnect });
  const sessions = tracedSessions(reached, spans);
  metrics.read(() => [{ name: 'medic_ssh_connections', labels: { cluster }, value: sessions.connections() }]);
  const rsync = createRsyncTransport({ sessions, knownHosts: () => knownHosts.text(), nodeByName });
  const stream = createStreamTransport({ sessions });
  const { http: url, token, nodeMbit, relay: rules } = settings.transports;
  const relay = createRelayTransport({
    sessions,
    through: stream,
    rules,
    limitOf: (node) => bytesPerSecond(nodeMbit, node),
    newToken: () => newSecretId() + newSecretId(),
    logger: log,
  });
  const httpSource = () => {
    const node = inventory.current().nodes.find(({ coordinator }) => coordinator)?.name;
    return url === null || node === undefined ? undefined : { url, token: token?.reveal(), node };
  };
  return {
    cluster,
    models: settings.models,
    inventory,
    policy: () => policyOf(settings, inventory),
    sessions,
    hostKeys: createHostKeys({ file: knownHosts, asker: sessions }),
    nodeMbit,
    relay: rules,
    pullFrom: url,
    transports: [rsync, stream, createHttpTransport({ sessions, source: httpSource }), relay].map((one) =>
      tracedTransport(
        counted(one, (bytes) => metrics.transferred(cluster, one.name, bytes)),
        spans,
      ),
    ),
    ledger,
    records,
    digests: createRedisDigests(redis, prefix),
    leases: createRedisLeases(redis, prefix),
    misses: createRedisMisses(redis, prefix),
    lastSeen: createRedisLastSeen(redis, prefix),
    missesMax: settings.limits.unreachableMisses,
    orders,
    frozen: createFrozen(join(settings.stateDir, 'readonly')),
    ceilings,
    changes,
    ownChanges: openFileChanges(join(settings.stateDir, 'changes')),
    changesUnder: (id) => openFileChanges(join(settings.stateDir, 'standing', id)),
    unverifiedMax: settings.limits.unverifiedPerHour,
    journal: openFileJournal(join(settings.stateDir, 'requests')),
    verifier: withOwnKeys(openVerifier(publicKeyFolder(settings.stateDir)), settings.shellKeys),
    ownKeys: createOwnKeys(settings.shellKeys),
    checks,
    repairs,
    chooseRepair,
    sourceLook,
    copiesLook,
    holdersLook,
    measure,
    ownersLook,
    self: () => workerFacts(settings, { inventory, knownHosts, redis }),
    cancels,
    actions,
    argvs,
    driftPercent: settings.limits.driftPercent,
    limits: settings.limits,
    daemon: settings.daemon,
    now: () => new Date(),
    newReceiptId() {
      const receipt = newId('r-');
      spans.note({ 'medic.receipt.id': receipt });
      return receipt;
    },
    newTemporary: () => `.medic-${newSecretId()}`,
    logger: log,
    spans,
  };
}

function counted(transport: Transport, count: (bytes: number) => void): Transport {
  return {
    name: transport.name,
    unusable: (shipment) => transport.unusable(shipment),
    async send(shipment) {
      const result = await transport.send(shipment);
      if (result.kind === 'arrived') count(result.bytesSent);
      return result;
    },
  };
}
