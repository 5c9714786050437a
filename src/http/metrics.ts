import { Counter, collectDefaultMetrics, Registry } from 'prom-client';

/** The counters of one process, in Prometheus' text form. */
export type Metrics = {
  /** `cluster` is left out where a request names none. */
  readonly alerts: (outcome: 'accepted' | 'refused' | 'unrecognised', cluster?: string) => void;
  readonly text: () => Promise<string>;
  readonly contentType: string;
};

/** Metrics of this process: Node's own, and alerts by outcome. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const alerts = new Counter({
    name: 'medic_alerts_total',
    help: 'Alerts by cluster and outcome',
    labelNames: ['cluster', 'outcome'],
    registers: [registry],
  });
  return {
    alerts: (outcome, cluster = '') => alerts.inc({ cluster, outcome }),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
