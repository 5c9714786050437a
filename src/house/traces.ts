import { headersIn } from '../config/traces.ts';
import type { Config } from '../config.ts';
import { noSpans, type Spans } from '../contract/spans.ts';
import type { Metrics } from '../http/metrics.ts';
import type { QueuePlace } from '../queue/queues.ts';
import { jobTelemetry } from '../queue/telemetry.ts';
import { createLogger } from '../wire.ts';

/** How work is told as spans, in this process and, through the queues, in the one that does it. */
export type Tracing = {
  readonly spans: Spans;
  /** For the queues; absent: jobs carry no trace. */
  readonly telemetry?: NonNullable<QueuePlace['telemetry']>;
};

/** What a process tells of itself: its log, and its spans where a collector is named. */
export type Traces = Tracing & {
  /** Each line has the incident that its writer names and the trace that it is a part of. */
  readonly logger: ReturnType<typeof createLogger>;
  /** Sends what ended last; takes a few seconds at most. */
  close(): Promise<void>;
};

/** Begins log and traces. Where no endpoint is set nothing of OpenTelemetry's SDK is loaded. */
export async function openTraces(
  traces: Config['traces'],
  { program, metrics }: { readonly program: 'bot' | 'worker'; readonly metrics: Pick<Metrics, 'spansDropped'> },
): Promise<Traces> {
  if (traces === null) return { spans: noSpans, logger: createLogger(program), close: async () => undefined };
  const { startTraces } = await import('../traces/start-traces.ts');
  const started = startTraces({
    url: traces.url,
    headers: traces.headers === null ? {} : (headersIn(traces.headers.reveal()) ?? {}),
    service: `medic-${program}`,
    logger: createLogger(program),
    onDropped: (count) => metrics.spansDropped(count),
  });
  const { spans } = started;
  return {
    spans,
    telemetry: jobTelemetry(started.telemetry),
    logger: createLogger(program, () => spans.ids()),
    close: () => started.close(),
  };
}
