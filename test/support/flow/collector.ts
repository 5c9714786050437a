import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { until } from './until.ts';

/** A span as a collector gets it. */
export type ToldSpan = {
  readonly trace: string;
  readonly id: string;
  /** Empty: it is the root of its trace. */
  readonly parent: string;
  readonly name: string;
  readonly kind: string;
  readonly service: string;
  readonly failed: boolean;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly events: readonly { readonly name: string; readonly facts: Readonly<Record<string, unknown>> }[];
  /** The traces that it is linked to. */
  readonly links: readonly string[];
};

/** A collector of traces that speaks OTLP over HTTP, in JSON. */
export type Collector = {
  readonly url: string;
  /** What it says to the next posts; `hang`: nothing, ever. */
  answer: 'ok' | 'error' | 'hang';
  /** Posts of spans, whatever was said to them. */
  readonly posts: { readonly path: string; readonly headers: IncomingMessage['headers']; readonly body: string }[];
  /** Everything that was taken so far. */
  spans(): readonly ToldSpan[];
  /** The first span that fits, as soon as it is there. */
  span(what: string, fits: (span: ToldSpan) => boolean): Promise<ToldSpan>;
  close(): Promise<void>;
};

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];

const Value = z.looseObject({
  stringValue: z.string().optional(),
  intValue: z.union([z.number(), z.string()]).optional(),
  doubleValue: z.number().optional(),
  boolValue: z.boolean().optional(),
  arrayValue: z.unknown().optional(),
});
const Facts = z
  .array(z.object({ key: z.string(), value: Value }))
  .default([])
  .transform((pairs) =>
    Object.fromEntries(
      pairs.map(({ key, value }) => [
        key,
        value.stringValue ??
          (value.intValue === undefined ? undefined : Number(value.intValue)) ??
          value.doubleValue ??
          value.boolValue ??
          value.arrayValue,
      ]),
    ),
  );
const Span = z.object({
  traceId: z.string().regex(/^[0-9a-f]{32}$/),
  spanId: z.string().regex(/^[0-9a-f]{16}$/),
  parentSpanId: z.string().default(''),
  name: z.string(),
  kind: z.number(),
  attributes: Facts,
  events: z.array(z.object({ name: z.string(), attributes: Facts })).default([]),
  links: z.array(z.object({ traceId: z.string() })).default([]),
  status: z.object({ code: z.number().optional() }).default({}),
});
const Body = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: Facts }),
      scopeSpans: z.array(z.object({ spans: z.array(Span) })),
    }),
  ),
});

/** Starts one on a free port of this machine. */
export async function startCollector(): Promise<Collector> {
  const taken: ToldSpan[] = [];
  const server = createServer((request, response) => void take(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A listening TCP server has an AddressInfo.
  const { port } = server.address() as AddressInfo;
  const collector: Collector = {
    url: `http://127.0.0.1:${port}`,
    answer: 'ok',
    posts: [],
    spans: () => taken,
    span: (what, fits) => until(what, () => taken.find(fits)),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return collector;

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    collector.posts.push({ path: request.url ?? '', headers: request.headers, body });
    if (collector.answer === 'hang') return;
    if (collector.answer === 'error') return void response.writeHead(500).end();
    taken.push(...spansIn(body));
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  }
}

function spansIn(body: string): ToldSpan[] {
  return Body.parse(JSON.parse(body)).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        trace: span.traceId,
        id: span.spanId,
        parent: span.parentSpanId,
        name: span.name,
        kind: KINDS[span.kind] ?? '',
        service: String(resource.attributes['service.name']),
        failed: span.status.code === 2,
        facts: span.attributes,
        events: span.events.map(({ name, attributes: facts }) => ({ name, facts })),
        links: span.links.map(({ traceId }) => traceId),
      })),
    ),
  );
}

/** The names of a span and of all above it, itself first. */
export function wayOf(span: ToldSpan, all: readonly ToldSpan[]): string[] {
  const above = all.find(({ id, trace }) => id === span.parent && trace === span.trace);
  return [span.name, ...(above === undefined ? [] : wayOf(above, all))];
}
