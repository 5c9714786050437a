import type { WebClient } from '@slack/web-api';
import type { Logger } from '../contract/logger.ts';
import type { ToldStore } from '../contract/told.ts';
import type { IncidentId } from '../domain/names.ts';
import type { Answer } from './answers.ts';
import type { Clock } from './clock.ts';
import { SlackFailure } from './slack-port.ts';
import { called, openDirect } from './web-slack.ts';

/** Whom an answer is for, and where they are. */
export type Listener = { readonly channel: string; readonly user: string; readonly threadTs?: string };

/** Answers to one person, by a client of their own so that they never queue behind the telling. */
export type Replies = {
  /** Only the person sees it. Never throws: what cannot be said is logged. */
  whisper(to: Listener, answer: Answer): Promise<void>;
  /** The direct conversation with a person; throws a SlackFailure when Slack has none for us. */
  direct(user: string): Promise<string>;
  /** Opens a modal; false when Slack did not take it (the trigger is good for 3 s and once). */
  open(trigger: string, view: Parameters<WebClient['views']['open']>[0]['view']): Promise<boolean>;
  /** Shows somebody's Home tab. Never throws: what cannot be shown is logged. */
  publish(user: string, view: Parameters<WebClient['views']['publish']>[0]['view']): Promise<void>;
  /** Link to an incident's thread, as soon as it exists within `withinMs`; `isNew`: it was first told after `sinceMs`. */
  threadOf(
    incident: IncidentId,
    wish: { readonly sinceMs: number; readonly withinMs: number },
  ): Promise<Thread | undefined>;
};

export type Thread = { readonly channel: string; readonly isNew: boolean; readonly link: string | undefined };

const TRIES = 3;
const WAIT_MAX_MS = 10_000;
const LOOK_MS = 200;

/** Answers over Slack's Web API. */
export function createReplies(options: {
  readonly client: WebClient;
  readonly told: Pick<ToldStore, 'get'>;
  readonly clock: Clock;
  readonly logger: Logger;
}): Replies {
  const { client, told, clock, logger } = options;

  async function link(channel: string, ts: string): Promise<string | undefined> {
    try {
      return (await called(() => client.chat.getPermalink({ channel, message_ts: ts }))).permalink;
    } catch {
      return undefined;
    }
  }

  return {
    async whisper({ channel, user, threadTs }, { text, blocks }) {
      const where = threadTs === undefined ? { channel, user } : { channel, user, thread_ts: threadTs };
      for (let attempt = 1; attempt <= TRIES; attempt += 1) {
        try {
          await called(() => client.chat.postEphemeral({ ...where, text, blocks, parse: 'none', link_names: false }));
          return;
        } catch (error) {
          const failure =
            error instanceof SlackFailure
              ? error
              : new SlackFailure('refused', 'unexpected', { detail: String(error) });
          logger.warn({ code: failure.code, attempt }, 'an answer to one person did not come off');
          if (failure.kind === 'refused') return;
          // A whisper that is heard twice does no harm; one that is not heard leaves a person waiting.
          await clock.wait(Math.min(failure.retryAfterMs || 500, WAIT_MAX_MS));
        }
      }
    },
    direct: (user) => openDirect(client, user),
    async open(trigger, view) {
      try {
        await called(() => client.views.open({ trigger_id: trigger, view }));
        return true;
      } catch (error) {
        logger.warn({ error: String(error) }, 'a modal did not open');
        return false;
      }
    },
    async publish(user, view) {
      try {
        await called(() => client.views.publish({ user_id: user, view }));
      } catch (error) {
        logger.warn({ error: String(error) }, 'a Home tab could not be shown');
      }
    },
    async threadOf(incident, { sinceMs, withinMs }) {
      const deadline = clock.now().getTime() + withinMs;
      for (;;) {
        const root = (await told.get(incident))['root'];
        if (root?.state === 'told')
          return { channel: root.channel, isNew: root.sinceMs >= sinceMs, link: await link(root.channel, root.ts) };
        if (clock.now().getTime() >= deadline) return undefined;
        await clock.wait(LOOK_MS);
      }
    },
  };
}
