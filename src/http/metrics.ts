import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Distrust } from '../domain/distrust.ts';

/** What is read at each scrape, by name, with what it is for and the labels it has. */
const GAUGES = {
  medic_queue_jobs: ['Jobs by cluster, queue and state', ['cluster', 'queue', 'state']],
  medic_queue_oldest_seconds: ['Age of the oldest job that waits; 0: none does', ['cluster', 'queue']],
  medic_approvals_waiting: ['Plans that wait for a decision', ['cluster']],
  medic_approval_oldest_seconds: ['Age of the oldest plan that waits for a decision; 0: none does', ['cluster']],
  medic_incidents: ['The newest 200 incidents by state', ['cluster', 'state']],
  medic_slack_sockets: ['Sockets to Slack that are open', []],
  medic_ssh_connections: ['SSH connections that are open or being opened', ['cluster']],
} as const satisfies Record<string, readonly [string, readonly string[]]>;

/** One value of a gauge. */
export type Reading = {
  readonly name: keyof typeof GAUGES;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
};

/** Reads some gauges now; what throws leaves them out of this scrape. */
export type ReadGauges = () => Promise<readonly Reading[]> | readonly Reading[];

/** The counters and gauges of one process, in Prometheus' text form. */
export type Metrics = {
  /** `cluster` is left out where a request names none. `folded`: an accepted one whose cause has an incident already. */
  readonly alerts: (outcome: 'accepted' | 'folded' | 'refused' | 'unrecognised', cluster?: string) => void;
  /** An entry that counts for nothing was seen, once a process and entry, or a job. */
  readonly setAside: (why: Distrust, cluster: string) => void;
  readonly jobEnded: (cluster: string, queue: string, outcome: 'completed' | 'failed') => void;
  /** `result`: ok, Slack's own word for a refusal, `ratelimited`, `http_500`, `no_answer`. */
  readonly slackCalled: (method: string, result: string) => void;
  /** No socket to Slack was open for so long. */
  readonly slackGap: (ms: number) => void;
  /** `result`: ok, or the reason for which there is no connection. */
  readonly sshConnected: (cluster: string, result: string) => void;
  readonly transferred: (cluster: string, transport: string, bytes: number) => void;
  readonly heartbeat: (cluster: string, result: 'ok' | 'failed') => void;
  /** Spans that no collector has taken. */
  readonly spansDropped: (count: number) => void;
  /** From now on these gauges are read at each scrape. */
  readonly read: (gauges: ReadGauges) => void;
  readonly text: () => Promise<string>;
  readonly contentType: string;
};

/** Metrics of this process: Node's own (event loop delay among them), counters of what happened and gauges of what is. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counter = (name: string, help: string, labelNames: string[]) =>
    new Counter({ name, help, labelNames, registers: [registry] });
  const alerts = counter('medic_alerts_total', 'Alerts by cluster and outcome', ['cluster', 'outcome']);
  const setAside = counter(
    'medic_entries_set_aside_total',
    'Entries of the ledger and jobs in the queues that count for nothing, by cluster and reason; anything but 0 wants an answer',
    ['cluster', 'why'],
  );
  const jobs = counter('medic_jobs_total', 'Jobs that ended', ['cluster', 'queue', 'outcome']);
  const calls = counter('medic_slack_calls_total', 'Calls of the Web API by method and result', ['method', 'result']);
  const gaps = counter('medic_slack_gaps_total', 'Times without any socket to Slack that have ended', []);
  const gapSeconds = counter('medic_slack_gap_seconds_total', 'How long no socket to Slack was open in all', []);
  const connects = counter('medic_ssh_connects_total', 'SSH connections by result', ['cluster', 'result']);
  const bytes = counter('medic_transfer_bytes_total', 'Bytes of files that arrived', ['cluster', 'transport']);
  const beats = counter('medic_heartbeats_total', 'Heartbeats by result', ['cluster', 'result']);
  const spans = counter('medic_spans_dropped_total', 'Spans that were not sent to the collector of traces', []);
  const failures = counter(
    'medic_readings_failed_total',
    'Scrapes that lack gauges, because they could not be read',
    [],
  );
  const gauges = new Map(
    Object.entries(GAUGES).map(([name, [help, labels]]) => [
      name,
      new Gauge<string>({ name, help, labelNames: [...labels], registers: [registry] }),
    ]),
  );
  const sources: ReadGauges[] = [];

  /** What cannot be read is absent, never as it was. */
  async function readAll(): Promise<void> {
    const read = await Promise.allSettled(sources.map(async (source) => source()));
    for (const gauge of gauges.values()) gauge.reset();
    for (const one of read) {
      if (one.status === 'rejected') failures.inc();
      else for (const { name, labels, value } of one.value) gauges.get(name)?.set({ ...labels }, value);
    }
  }

  return {
    alerts: (outcome, cluster) => alerts.inc(cluster === undefined ? { outcome } : { cluster, outcome }),
    setAside: (why, cluster) => setAside.inc({ cluster, why }),
    jobEnded: (cluster, queue, outcome) => jobs.inc({ cluster, queue, outcome }),
    slackCalled: (method, result) => calls.inc({ method, result }),
    slackGap(ms) {
      gaps.inc();
      gapSeconds.inc(ms / 1_000);
    },
    sshConnected: (cluster, result) => connects.inc({ cluster, result }),
    transferred: (cluster, transport, count) => bytes.inc({ cluster, transport }, count),
    heartbeat: (cluster, result) => beats.inc({ cluster, result }),
    spansDropped: (count) => spans.inc(count),
    read: (source) => void sources.push(source),
    async text() {
      await readAll();
      return registry.metrics();
    },
    contentType: registry.contentType,
  };
}
