import { randomBytes } from 'node:crypto';
import type { Limits } from './options.ts';

/** Where a response_url leads: who gets the answer, and which message it may replace. */
export type ResponseTarget = {
  readonly channel: string;
  readonly userId: string;
  readonly source?: { readonly ts: string; readonly ephemeral: boolean; readonly threadTs?: string };
};

/** Trigger ids and response_urls: tickets that live a short time and a few uses. */
export type Tickets = ReturnType<typeof createTickets>;

/** Makes the ticket office of one local Slack. */
export function createTickets(options: { readonly limits: Limits; readonly now: () => number }) {
  const { limits, now } = options;
  const triggers = new Map<string, { userId: string; viewId?: string; until: number; used: boolean }>();
  const responses = new Map<string, { target: ResponseTarget; until: number; uses: number }>();

  return {
    /** A trigger id for one person, good once and for three seconds. */
    trigger(userId: string, viewId?: string): string {
      const id = `${now()}.${randomBytes(5).readUIntBE(0, 5)}.${randomBytes(16).toString('hex')}`;
      triggers.set(id, { userId, until: now() + limits.triggerMs, used: false, ...(viewId ? { viewId } : {}) });
      return id;
    },
    /** Uses a trigger id up, or tells Slack's name for why it cannot be used. */
    useTrigger(id: string): { userId: string; viewId?: string } | { error: string } {
      const trigger = triggers.get(id);
      if (trigger === undefined) return { error: 'invalid_trigger_id' };
      if (trigger.used) return { error: 'exchanged_trigger_id' };
      if (now() > trigger.until) return { error: 'expired_trigger_id' };
      trigger.used = true;
      return trigger;
    },
    /** The secret path of a new response_url. */
    response(target: ResponseTarget): string {
      const secret = randomBytes(18).toString('base64url');
      responses.set(secret, { target, until: now() + limits.responseUrlMs, uses: 0 });
      return secret;
    },
    /** Counts one use of a response_url, or tells why Slack answers 404. */
    useResponse(secret: string): { target: ResponseTarget } | { error: string } {
      const response = responses.get(secret);
      if (response === undefined) return { error: 'no_such_url' };
      if (now() > response.until) return { error: 'expired_url' };
      if (response.uses >= limits.responseUrlUses) return { error: 'used_url' };
      response.uses += 1;
      return response;
    },
  };
}
