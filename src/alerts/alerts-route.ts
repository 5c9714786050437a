import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { digestOf } from '../domain/digest.ts';
import type { IncidentId } from '../domain/names.ts';
import { type AlertDoor, takeAlerts } from './door.ts';

const BODY_BYTES_MAX = 1_048_576;

export type AlertsRouteOptions = AlertDoor & {
  /** Whose tokens are good, at most two each so that one can follow the other; none: the route refuses everything. */
  readonly senders: readonly Sender[];
  /** Requests of each sender. */
  readonly perSecond: number;
  readonly nowMs: () => number;
};

/** Who may tell alerts. Without a name an incident says the alert's shape instead. */
export type Sender = { readonly name?: string; readonly tokens: readonly string[] };

/** `POST /alerts`: 202 only after every alert is durable; otherwise a status and what is wrong. */
export function createAlertsRoute(
  options: AlertsRouteOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  let second = 0;
  let taken = new Map<Sender | undefined, number>();
  return async (request, response) => {
    const now = Math.floor(options.nowMs() / 1_000);
    if (now !== second) taken = new Map();
    second = now;
    // Whoever has no token shares one limit, so that strangers take no sender's place.
    const sender = senderOf(request.headers.authorization, options.senders);
    const count = (taken.get(sender) ?? 0) + 1;
    taken.set(sender, count);
    const answer = count > options.perSecond ? limited() : await answerTo(request, sender, options);
    if (answer.status !== 202) options.count('refused');
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    response.end(`${JSON.stringify(answer.body)}\n`);
  };
}

type Answer = { readonly status: number; readonly body: object; readonly headers?: Readonly<Record<string, string>> };

function limited(): Answer {
  return { status: 429, body: { error: 'too many requests' }, headers: { 'retry-after': '1' } };
}

async function answerTo(
  request: IncomingMessage,
  sender: Sender | undefined,
  door: AlertsRouteOptions,
): Promise<Answer> {
  if (sender === undefined)
    return { status: 401, body: { error: 'a bearer token that this installation knows is needed' } };
  const text = await readBody(request);
  if (text === undefined) return { status: 413, body: { error: `the body is larger than ${BODY_BYTES_MAX} bytes` } };
  const read = objectsIn(text);
  if (!read.ok) return { status: 400, body: { error: read.error, path: read.path } };
  let accepted = 0;
  const incidents = new Set<IncidentId>();
  for (const object of read.objects) {
    const taken = await takeAlerts(object, door, sender.name);
    accepted += taken.accepted;
    for (const incident of taken.incidents) incidents.add(incident);
  }
  return { status: 202, body: { accepted, incidents: [...incidents] } };
}

function senderOf(header: string | undefined, senders: readonly Sender[]): Sender | undefined {
  if (header === undefined || !header.startsWith('Bearer ')) return undefined;
  // Digests have equal lengths, which the comparison in constant time needs; every token is compared, whichever fits.
  const given = Buffer.from(digestOf(header.slice('Bearer '.length)));
  const fitting = senders.filter(
    ({ tokens }) => tokens.filter((token) => timingSafeEqual(given, Buffer.from(digestOf(token)))).length > 0,
  );
  return fitting[0];
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
