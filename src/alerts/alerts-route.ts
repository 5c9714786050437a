import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { digestOf } from '../domain/digest.ts';
import type { IncidentId } from '../domain/names.ts';
import { type AlertDoor, takeAlerts } from './door.ts';

const BODY_BYTES_MAX = 1_048_576;

export type AlertsRouteOptions = AlertDoor & {
  /** null: the route refuses everything. */
  readonly token: string | null;
  readonly perSecond: number;
  readonly nowMs: () => number;
};

/** `POST /alerts`: 202 only after every alert is durable; otherwise a status and what is wrong. */
export function createAlertsRoute(
  options: AlertsRouteOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  let second = 0;
  let taken = 0;
  return async (request, response) => {
    const now = Math.floor(options.nowMs() / 1_000);
    taken = now === second ? taken + 1 : 1;
    second = now;
    const answer = taken > options.perSecond ? limited() : await answerTo(request, options);
    if (answer.status !== 202) options.count('refused');
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    response.end(`${JSON.stringify(answer.body)}\n`);
  };
}

type Answer = { readonly status: number; readonly body: object; readonly headers?: Readonly<Record<string, string>> };

function limited(): Answer {
  return { status: 429, body: { error: 'too many requests' }, headers: { 'retry-after': '1' } };
}

async function answerTo(request: IncomingMessage, { token, ...door }: AlertsRouteOptions): Promise<Answer> {
  if (!authorised(request.headers.authorization, token))
    return { status: 401, body: { error: 'a bearer token that this installation knows is needed' } };
  const text = await readBody(request);
  if (text === undefined) return { status: 413, body: { error: `the body is larger than ${BODY_BYTES_MAX} bytes` } };
  const read = objectsIn(text);
  if (!read.ok) return { status: 400, body: { error: read.error, path: read.path } };
  let accepted = 0;
  const incidents = new Set<IncidentId>();
  for (const object of read.objects) {
    const taken = await takeAlerts(object, door);
    accepted += taken.accepted;
    for (const incident of taken.incidents) incidents.add(incident);
  }
  return { status: 202, body: { accepted, incidents: [...incidents] } };
}

function authorised(header: string | undefined, token: string | null): boolean {
  if (token === null || header === undefined || !header.startsWith('Bearer ')) return false;
  // Digests have equal lengths, which the comparison in constant time needs.
  return timingSafeEqual(Buffer.from(digestOf(header.slice('Bearer '.length))), Buffer.from(digestOf(token)));
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // A request's chunks are Buffers as long as no encoding is set.
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

type Objects =
  | { readonly ok: true; readonly objects: readonly Record<string, unknown>[] }
  | { readonly ok: false; readonly path: string; readonly error: string };

function objectsIn(text: string): Objects {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { ok: false, path: '$', error: 'the body is not JSON' };
  }
  if (isObject(body)) return { ok: true, objects: [body] };
  if (!Array.isArray(body)) return { ok: false, path: '$', error: 'the body must be an object or an array of objects' };
  const stranger = body.findIndex((item) => !isObject(item));
  return stranger === -1
    ? { ok: true, objects: body.filter(isObject) }
    : { ok: false, path: `$[${stranger}]`, error: 'must be an object' };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
