import { randomUUID } from 'node:crypto';
import type { JsonObject } from './json.ts';
import type { Limits } from './options.ts';

/** One payload for the app, before it has been sent anywhere. */
export type Envelope = {
  readonly id: string;
  readonly type: 'slash_commands' | 'interactive' | 'events_api';
  readonly payload: JsonObject;
  readonly acceptsResponse: boolean;
  readonly retry?: { readonly attempt: number; readonly reason: string };
};

/** How a delivery ended: acknowledged in time (with what), too late, or nobody there. */
export type Acked =
  | { readonly outcome: 'acked'; readonly body: JsonObject }
  | { readonly outcome: 'operation_timeout' }
  | { readonly outcome: 'dispatch_failed' };

/** A way to the app: sockets or signed HTTP. */
export type Carrier = { send(envelope: Envelope): Promise<Acked> };

/** Sends payloads to the app; events that are not acknowledged are sent again, commands and clicks never. */
export type Delivery = {
  send(type: 'slash_commands' | 'interactive', payload: JsonObject): Promise<Acked>;
  event(payload: JsonObject): void;
  close(): void;
};

/** Delivery over a carrier, with Slack's retries for events. */
export function createDelivery(options: { readonly carrier: Carrier; readonly limits: Limits }): Delivery {
  const { carrier, limits } = options;
  const timers = new Set<NodeJS.Timeout>();
  let closed = false;

  async function sendEvent(payload: JsonObject, attempt: number): Promise<void> {
    const retry = attempt === 0 ? {} : { retry: { attempt, reason: 'timeout' } };
    const acked = await carrier.send({
      id: randomUUID(),
      type: 'events_api',
      payload,
      acceptsResponse: false,
      ...retry,
    });
    const delayMs = limits.eventRetriesMs[attempt];
    if (acked.outcome === 'acked' || delayMs === undefined || closed) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      void sendEvent(payload, attempt + 1);
    }, delayMs);
    timers.add(timer);
  }

  return {
    send: (type, payload) => carrier.send({ id: randomUUID(), type, payload, acceptsResponse: true }),
    event: (payload) => void sendEvent(payload, 0),
    close() {
      closed = true;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
