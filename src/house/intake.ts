import type { Sender } from '../alerts/alerts-route.ts';
import type { AlertDoor } from '../alerts/door.ts';
import type { Spans } from '../contract/spans.ts';
import type { SeenStore } from '../contract/told.ts';
import type { ClusterName } from '../domain/names.ts';
import { openAlert } from '../engine/open-alert.ts';
import type { TendAlertsOptions } from '../engine/silences-now.ts';
import type { Metrics } from '../http/metrics.ts';
import { createRedisAgenda } from '../ledger/redis-agenda.ts';
import { createRedisCauses } from '../ledger/redis-causes.ts';
import { createRedisSeen } from '../ledger/redis-told.ts';
import { checks } from '../registry/jobs.ts';
import type { Cluster } from './cluster.ts';

/** Where alerts of one cluster come in, whoever brings them. */
export type Intake = {
  readonly door: AlertDoor;
  readonly seen: SeenStore;
  /** Whose tokens are good, by their names in medic.yaml. */
  readonly senders: readonly Sender[];
  /** What opening and telling alerts need; the inventory as it counts now. */
  options(): Promise<TendAlertsOptions>;
};

/** The intake of one cluster, on its Redis keys. `among`: its name where the installation has several. */
export function openIntake(
  cluster: Cluster,
  {
    metrics,
    spans,
    among,
  }: { readonly metrics: Metrics; readonly spans: Spans; readonly among: ClusterName | undefined },
): Intake {
  const { config, memory, dispatch, now } = cluster;
  const causes = createRedisCauses(memory.redis, memory.prefix);
  const seen = createRedisSeen(memory.redis, memory.prefix);
  const agenda = createRedisAgenda(memory.redis, memory.prefix);
  const options = async () => ({
    ledger: memory.ledger,
    causes,
    seen,
    agenda,
    orders: memory.orders,
    maintenance: config.maintenance,
    mode: config.mode,
    dispatch,
    inventory: await cluster.inventory(),
    models: config.models,
    checks,
    limits: config.limits,
    now,
    channel: config.slack.incidentChannel ?? undefined,
    among,
  });
  const { alertSenders } = config;
  return {
    seen,
    senders: alertSenders.map(({ name, tokens }) => ({ name, tokens: tokens.map((token) => token.reveal()) })),
    options,
    door: {
      known: () => ({ models: config.models, nodes: cluster.allNodes() }),
      accept: (alert) =>
        spans.within(
          {
            name: 'alert',
            kind: 'server',
            facts: { 'medic.cluster': config.cluster },
            outcome: (incident) => ({ 'medic.incident.id': incident }),
          },
          async () => {
            const before = await causes.incidentOf(alert.fingerprint);
            const incident = await openAlert(alert, await options());
            if (incident !== undefined && incident === before) metrics.alerts('folded', config.cluster);
            return incident;
          },
        ),
      count: (outcome) => metrics.alerts(outcome, config.cluster),
    },
  };
}
