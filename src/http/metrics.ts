import { Counter, collectDefaultMetrics, Registry } from 'prom-client';
import type { Distrust } from '../domain/distrust.ts';

/** The counters of one process, in Prometheus' text form. */
export type Metrics = {
  /** `cluster` is left out where a request names none. */
  readonly alerts: (outcome: 'accepted' | 'refused' | 'unrecognised', cluster?: string) => void;
  /** An entry that counts for nothing was seen; once a process and entry. */
  readonly setAside: (why: Distrust, cluster: string) => void;
  readonly text: () => Promise<string>;
  readonly contentType: string;
};

/** Metrics of this process: Node's own, alerts by outcome, and entries that were set aside. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const alerts = new Counter({
    name: 'medic_alerts_total',
    help: 'Alerts by cluster and outcome',
    labelNames: ['cluster', 'outcome'],
    registers: [registry],
  });
  const setAside = new Counter({
    name: 'medic_entries_set_aside_total',
    help: 'Entries of the ledger that count for nothing, by cluster and reason; anything but 0 wants an answer',
    labelNames: ['cluster', 'why'],
    registers: [registry],
  });
  return {
    setAside: (why, cluster) => setAside.inc({ cluster, why }),
    alerts: (outcome, cluster = '') => alerts.inc({ cluster, outcome }),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
