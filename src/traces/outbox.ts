import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace';
import type { Logger } from '../contract/logger.ts';
import { maskedSpan } from './masked-span.ts';
import { factsFrom } from './spans.ts';

/** Spans that are held at most while they wait to be taken; a look at a thousand nodes makes some thousands. */
const WAITING_MAX = 8_192;
const BATCH = 512;
const SEND_EVERY_MS = 1_000;
/** A collector that hangs has this long for one batch (ms). */
const SEND_MS = 10_000;

/**
 * What ended is sent in batches, masked, beside the work. What the collector does not take, or what there is no room for meanwhile, is
 * counted and gone: it is said once when that begins and once when it is over.
 */
export function createOutbox(
  exporter: SpanExporter,
  { logger, onDropped }: { readonly logger: Logger; readonly onDropped: (count: number) => void },
): SpanProcessor {
  let waiting = 0;
  let lost = 0;
  let failing = false;
  const drop = (count: number): void => {
    lost += count;
    onDropped(count);
  };
  const hear = (count: number, result: ExportResult): void => {
    waiting -= count;
    const taken = result.code === ExportResultCode.SUCCESS;
    if (!taken) drop(count);
    if (!taken && !failing)
      logger.warn({ reason: reasonOf(result.error) }, 'the collector takes no traces; the work goes on without them');
    if (taken && failing) {
      logger.info({ lost }, 'the collector takes traces again');
      lost = 0;
    }
    failing = !taken;
  };
  const watched: SpanExporter = {
    export(spans, done) {
      exporter.export(spans.map(maskedSpan), (result) => {
        hear(spans.length, result);
        // It has been said; the SDK would say it again for every batch.
        done({ code: ExportResultCode.SUCCESS });
      });
    },
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  };
  const batches = new BatchSpanProcessor({
    exporter: watched,
    maxQueueSize: WAITING_MAX,
    maxExportBatchSize: BATCH,
    scheduledDelayMillis: SEND_EVERY_MS,
    exportTimeoutMillis: SEND_MS,
  });
  return {
    onStart: (span, parent) => void span.setAttributes(factsFrom(parent)),
    onEnd(span: ReadableSpan) {
      if (waiting >= WAITING_MAX) return drop(1);
      waiting += 1;
      batches.onEnd(span);
    },
    forceFlush: () => batches.forceFlush(),
    shutdown: () => batches.shutdown(),
  };
}

/** Why nothing was taken, without the collector's address. */
function reasonOf(error: Error | undefined): string {
  if (error === undefined) return 'unknown';
  const { code } = error as { readonly code?: unknown };
  if (typeof code === 'number') return `HTTP ${code}`;
  return typeof code === 'string' ? code : error.name;
}
