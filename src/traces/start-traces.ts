import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
} from '@opentelemetry/resources';
import { AlwaysOnSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import { BullMQOtel } from 'bullmq-otel';
import type { Logger } from '../contract/logger.ts';
import type { Spans } from '../contract/spans.ts';
import { createOutbox } from './outbox.ts';
import { createSpans } from './spans.ts';

const NAME = 'medic';
/** A text that is longer is cut. */
const TEXT_MAX = 1_000;
/** How long what ended last may take to be sent when the process ends (ms). */
const LAST_MS = 3_000;

/**
 * Sends spans to a collector by OTLP over HTTP from now on. What else is said of the process, and how long and by which certificates the
 * collector is asked, comes from the standard variables, which the SDK reads itself.
 */
export function startTraces(options: {
  /** Where spans are posted to. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What this process is called where the environment does not say. */
  readonly service: string;
  readonly logger: Logger;
  readonly onDropped: (count: number) => void;
}): { readonly spans: Spans; readonly telemetry: BullMQOtel; close(): Promise<void> } {
  const { url, headers, service, logger, onDropped } = options;
  const provider = new TracerProvider({
    // A trace that comes with a job can be forged: it does not say whether something is told.
    sampler: new AlwaysOnSampler(),
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': service }))
      .merge(detectResources({ detectors: [serviceInstanceIdDetector, envDetector] })),
    spanLimits: { attributeValueLengthLimit: TEXT_MAX },
    spanProcessors: [createOutbox(new OTLPTraceExporter({ url, headers: { ...headers } }), { logger, onDropped })],
  });
  // bullmq-otel goes by what is registered.
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  return {
    spans: createSpans(trace.getTracer(NAME)),
    telemetry: new BullMQOtel({ tracerName: NAME }),
    async close() {
      const late = new Promise<void>((resolve) => setTimeout(resolve, LAST_MS).unref());
      await Promise.race([provider.shutdown().catch(() => undefined), late]);
      trace.disable();
      context.disable();
      propagation.disable();
    },
  };
}
