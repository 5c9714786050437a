import type { Attributes, AttributeValue } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { masked } from '../domain/mask.ts';

/** The span as it may leave this process: every text of it masked, and its first line alone: what follows in an error are folders of this machine. What the operator said of the process is left as it is. */
export function maskedSpan(span: ReadableSpan): ReadableSpan {
  const { status } = span;
  return {
    name: told(span.name),
    kind: span.kind,
    spanContext: () => span.spanContext(),
    ...(span.parentSpanContext === undefined ? {} : { parentSpanContext: span.parentSpanContext }),
    startTime: span.startTime,
    endTime: span.endTime,
    status: status.message === undefined ? status : { ...status, message: told(status.message) },
    attributes: maskedAttributes(span.attributes),
    links: span.links.map((link) =>
      link.attributes === undefined ? link : { ...link, attributes: maskedAttributes(link.attributes) },
    ),
    events: span.events.map((event) =>
      event.attributes === undefined ? event : { ...event, attributes: maskedAttributes(event.attributes) },
    ),
    duration: span.duration,
    ended: span.ended,
    resource: span.resource,
    instrumentationScope: span.instrumentationScope,
    droppedAttributesCount: span.droppedAttributesCount,
    droppedEventsCount: span.droppedEventsCount,
    droppedLinksCount: span.droppedLinksCount,
  };
}

function maskedAttributes(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, maskedValue(value)]));
}

function maskedValue(value: AttributeValue | undefined): AttributeValue | undefined {
  if (typeof value === 'string') return told(value);
  if (!Array.isArray(value)) return value;
  // An array of OpenTelemetry holds values of one type.
  return value.map((item) => (typeof item === 'string' ? told(item) : item)) as AttributeValue;
}

function told(text: string): string {
  return masked(text.split('\n', 1)[0] ?? '');
}
