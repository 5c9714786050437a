import type { AlertDoor } from '../alerts/door.ts';
import type { SeenStore } from '../contract/told.ts';
import type { ClusterName } from '../domain/names.ts';
import { type OpenAlertOptions, openAlert } from '../engine/open-alert.ts';
import type { Metrics } from '../http/metrics.ts';
import { createRedisCauses } from '../ledger/redis-causes.ts';
import { createRedisSeen } from '../ledger/redis-told.ts';
import { checks } from '../registry/jobs.ts';
import type { Cluster } from './cluster.ts';

/** Where alerts of one cluster come in, whoever brings them. */
export type Intake = {
  readonly door: AlertDoor;
  readonly seen: SeenStore;
  /** What opening and telling alerts need; the inventory as it counts now. */
  options(): Promise<OpenAlertOptions>;
};

/** The intake of one cluster, on its Redis keys. `among`: its name where the installation has several. */
export function openIntake(
  cluster: Cluster,
  { metrics, among }: { readonly metrics: Metrics; readonly among: ClusterName | undefined },
): Intake {
  const { config, memory, dispatch, now } = cluster;
  const causes = createRedisCauses(memory.redis, memory.prefix);
  const seen = createRedisSeen(memory.redis, memory.prefix);
  const options = async () => ({
    ledger: memory.ledger,
    causes,
    seen,
    dispatch,
    inventory: await cluster.inventory(),
    models: config.models,
    checks,
    limits: config.limits,
    now,
    channel: config.slack.incidentChannel ?? undefined,
    among,
  });
  return {
    seen,
    options,
    door: {
      known: () => ({ models: config.models, nodes: cluster.allNodes() }),
      accept: async (alert) => openAlert(alert, await options()),
      count: (outcome) => metrics.alerts(outcome, config.cluster),
    },
  };
}
