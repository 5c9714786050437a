import { type Attributes, type Span, SpanKind, type Telemetry } from 'bullmq';
import { z } from 'zod';

/** What a job carries of the trace that asked for it, in text; nobody makes a longer one. */
const METADATA_MAX = 1_000;
/** W3C Trace Context. */
const Carried = z.object({ traceparent: z.string().regex(/^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/) });

/** Names of OpenTelemetry's conventions for what BullMQ says in its own. */
const CONVENTIONS: Readonly<Record<string, string>> = {
  'bullmq.queue.name': 'messaging.destination.name',
  'bullmq.job.id': 'messaging.message.id',
};

/**
 * BullMQ's telemetry for jobs that are put and processed; how workers ask for jobs and keep their locks is told nowhere. A job's trace is no
 * part of what is signed, so whoever writes to Redis can make it up: what is not exactly a trace context counts for nothing, and one that
 * is can link a trace wrongly and do no more.
 */
export function jobTelemetry(telemetry: Telemetry): Telemetry {
  const { tracer, contextManager } = telemetry;
  return {
    tracer: {
      startSpan(name, options, context) {
        const operation = options?.kind === undefined ? undefined : OPERATIONS.get(options.kind);
        return operation === undefined
          ? UNTOLD
          : inConventions(tracer.startSpan(name, options, context), { 'messaging.operation.type': operation });
      },
    },
    contextManager: {
      with: (context, work) => contextManager.with(context, work),
      active: () => contextManager.active(),
      getMetadata: (context) => contextManager.getMetadata(context),
      fromMetadata(active, metadata: unknown) {
        const carried = carriedIn(metadata);
        return carried === undefined ? active : contextManager.fromMetadata(active, carried);
      },
    },
  };
}

const OPERATIONS: ReadonlyMap<SpanKind, string> = new Map([
  [SpanKind.PRODUCER, 'send'],
  [SpanKind.CONSUMER, 'process'],
]);

const UNTOLD: Span = {
  setSpanOnContext: (context) => context,
  setAttribute: () => undefined,
  setAttributes: () => undefined,
  addEvent: () => undefined,
  recordException: () => undefined,
  end: () => undefined,
};

/** The trace context of a job as bullmq-otel reads it, and nothing else that lies there; undefined: there is none. */
function carriedIn(metadata: unknown): string | undefined {
  if (typeof metadata !== 'string' || metadata.length > METADATA_MAX) return undefined;
  try {
    const { data } = Carried.safeParse(JSON.parse(metadata));
    return data === undefined ? undefined : JSON.stringify({ traceparent: data.traceparent });
  } catch {
    return undefined;
  }
}

function inConventions(span: Span, first: Attributes): Span {
  span.setAttributes({ 'messaging.system': 'bullmq', ...first });
  return {
    setSpanOnContext: (context) => span.setSpanOnContext(context),
    setAttribute: (key, value) => span.setAttribute(key, value),
    setAttributes(attributes) {
      const also = Object.entries(attributes).flatMap(([name, value]) => {
        const other = CONVENTIONS[name];
        return other === undefined ? [] : [[other, value] as const];
      });
      span.setAttributes({ ...attributes, ...Object.fromEntries(also) });
    },
    addEvent: (name, attributes) => span.addEvent(name, attributes),
    recordException: (exception, time) => span.recordException(exception, time),
    end: () => span.end(),
  };
}
