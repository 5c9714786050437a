import { createHmac } from 'node:crypto';
import type { Acked, Carrier, Envelope } from './delivery.ts';
import { objectOf, parseJson } from './json.ts';
import type { Limits } from './options.ts';

/** Payloads as signed POSTs to the app's request URL, for apps without Socket Mode. */
export function createSignedRequests(options: {
  readonly requestUrl: string;
  readonly signingSecret: string;
  readonly limits: Limits;
  readonly now: () => number;
}): Carrier {
  return {
    async send(envelope): Promise<Acked> {
      const { body, contentType } = bodyOf(envelope);
      const timestamp = String(Math.floor(options.now() / 1000));
      try {
        const response = await fetch(options.requestUrl, {
          method: 'POST',
          headers: {
            'content-type': contentType,
            'user-agent': 'Slackbot 1.0 (local)',
            'x-slack-request-timestamp': timestamp,
            'x-slack-signature': signatureOf(options.signingSecret, timestamp, body),
            ...(envelope.retry
              ? { 'x-slack-retry-num': String(envelope.retry.attempt), 'x-slack-retry-reason': 'http_timeout' }
              : {}),
          },
          body,
          signal: AbortSignal.timeout(options.limits.ackMs),
        });
        const text = await response.text();
        if (!response.ok) return { outcome: 'dispatch_failed' };
        const parsed = parseJson(text);
        return { outcome: 'acked', body: parsed === undefined ? textBody(text) : objectOf(parsed) };
      } catch (error) {
        const timedOut = error instanceof DOMException && error.name === 'TimeoutError';
        return { outcome: timedOut ? 'operation_timeout' : 'dispatch_failed' };
      }
    },
  };
}

/** Slack's v0 signature: HMAC-SHA256 over version, time and body. */
export function signatureOf(secret: string, timestamp: string, body: string): string {
  return `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`;
}

function bodyOf(envelope: Envelope): { body: string; contentType: string } {
  if (envelope.type === 'events_api') {
    return { body: JSON.stringify(envelope.payload), contentType: 'application/json' };
  }
  const form = new URLSearchParams();
  if (envelope.type === 'interactive') form.set('payload', JSON.stringify(envelope.payload));
  else for (const [key, value] of Object.entries(envelope.payload)) form.set(key, String(value));
  return { body: form.toString(), contentType: 'application/x-www-form-urlencoded' };
}

function textBody(text: string): { [key: string]: unknown } {
  return text.trim() === '' ? {} : { text };
}
