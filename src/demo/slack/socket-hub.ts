import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import type { Acked, Carrier, Envelope } from './delivery.ts';
import { isObject, objectOf, parseJson, stringAt } from './json.ts';
import type { Limits } from './options.ts';

/** A late or unknown acknowledgement: what the app did that Slack refuses. */
export type AckViolation = { readonly envelopeId: string; readonly type: string; readonly afterMs: number };

/** Socket Mode: the connections of the app, and payloads dealt out to them in turn. */
export type SocketHub = Carrier & {
  /** A path with a ticket for one connection, as apps.connections.open hands out. */
  readonly ticketPath: () => string;
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** How many connections take payloads now. */
  connections(): number;
  /** Asks every connection (or the oldest `count`) to reconnect, as Slack does every few hours. */
  recycle(count?: number): void;
  /** Cuts every connection without a word. */
  cut(): void;
  /** Ends every connection with a close frame, and without one after a short wait. */
  close(): Promise<void>;
};

type Pending = { readonly envelope: Envelope; readonly sentAt: number; settle(acked: Acked): void };
const pingEveryMs = 5_000;
const closeWaitMs = 300;

/** Makes the hub of one local Slack. */
export function createSocketHub(options: {
  readonly appId: string;
  readonly limits: Limits;
  readonly now: () => number;
  readonly onLateAck: (violation: AckViolation) => void;
}): SocketHub {
  const server = new WebSocketServer({ noServer: true });
  const tickets = new Set<string>();
  const live: WebSocket[] = [];
  const draining = new Set<WebSocket>();
  const pending = new Map<string, Pending>();
  const expired = new Map<string, { readonly type: string; readonly sentAt: number }>();
  let turn = 0;
  // Without pings from here the client gives a quiet connection up after 30 s.
  const pinger = setInterval(() => live.forEach((socket) => socket.ping(`Ping from ${randomUUID()}`)), pingEveryMs);

  function accept(socket: WebSocket): void {
    live.push(socket);
    socket.on('message', (data) => onAck(Buffer.isBuffer(data) ? parseJson(data.toString('utf8')) : undefined));
    socket.on('close', () => live.splice(live.indexOf(socket), 1));
    socket.on('error', () => socket.terminate());
    socket.send(
      JSON.stringify({
        type: 'hello',
        num_connections: live.length,
        connection_info: { app_id: options.appId },
        debug_info: { host: 'local-slack', approximate_connection_time: 18_060 },
      }),
    );
  }

  function onAck(frame: unknown): void {
    const id = isObject(frame) ? stringAt(frame, 'envelope_id') : undefined;
    if (id === undefined) return;
    const waiting = pending.get(id);
    if (waiting !== undefined) {
      return waiting.settle({ outcome: 'acked', body: objectOf(objectOf(frame)['payload']) });
    }
    const late = expired.get(id);
    expired.delete(id);
    if (late === undefined) return;
    options.onLateAck({ envelopeId: id, type: late.type, afterMs: options.now() - late.sentAt });
  }

  function nextConnection(): WebSocket | undefined {
    const open = live.filter((socket) => socket.readyState === WebSocket.OPEN && !draining.has(socket));
    turn += 1;
    return open[turn % Math.max(1, open.length)];
  }

  return {
    ticketPath() {
      const ticket = randomBytes(16).toString('hex');
      tickets.add(ticket);
      return `/link/?ticket=${ticket}&app_id=${options.appId}`;
    },
    upgrade(request, socket, head) {
      const ticket = new URL(request.url ?? '/', 'http://local').searchParams.get('ticket') ?? '';
      // Slack's socket addresses are good for one connection.
      if (!tickets.delete(ticket)) return void socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
      server.handleUpgrade(request, socket, head, accept);
    },
    connections: () => live.filter((socket) => !draining.has(socket)).length,
    send(envelope) {
      const socket = nextConnection();
      if (socket === undefined) return Promise.resolve({ outcome: 'dispatch_failed' });
      return new Promise((resolve) => {
        const sentAt = options.now();
        const settle = (acked: Acked): void => {
          clearTimeout(timer);
          pending.delete(envelope.id);
          resolve(acked);
        };
        const timer = setTimeout(() => {
          expired.set(envelope.id, { type: envelope.type, sentAt });
          settle({ outcome: 'operation_timeout' });
        }, options.limits.ackMs);
        pending.set(envelope.id, { envelope, sentAt, settle });
        socket.send(JSON.stringify(frameOf(envelope)));
      });
    },
    recycle(count = live.length) {
      for (const socket of live.slice(0, count)) {
        draining.add(socket);
        socket.send(JSON.stringify({ type: 'disconnect', reason: 'refresh_requested', debug_info: { host: 'local' } }));
      }
    },
    cut: () => live.forEach((socket) => socket.terminate()),
    async close() {
      clearInterval(pinger);
      for (const waiting of pending.values()) waiting.settle({ outcome: 'dispatch_failed' });
      await Promise.all(live.map(endSocket));
      server.close();
    },
  };
}

function endSocket(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => socket.terminate(), closeWaitMs);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
    socket.close(1001);
  });
}

function frameOf(envelope: Envelope): object {
  return {
    envelope_id: envelope.id,
    type: envelope.type,
    payload: envelope.payload,
    accepts_response_payload: envelope.acceptsResponse,
    ...(envelope.type === 'events_api'
      ? { retry_attempt: envelope.retry?.attempt ?? 0, retry_reason: envelope.retry?.reason ?? '' }
      : {}),
  };
}
