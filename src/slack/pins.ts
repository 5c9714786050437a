import type { WebClient } from '@slack/web-api';
import type { Ledger } from '../contract/ledger.ts';
import type { Logger } from '../contract/logger.ts';
import type { ToldStore } from '../contract/told.ts';
import { masked } from '../domain/mask.ts';
import { plainText } from '../domain/words.ts';
import { refusalAnswer } from './answers.ts';
import { plain } from './escape.ts';
import type { Arrival, Passage } from './gate.ts';
import type { Actor } from './people.ts';
import type { Replies } from './replies.ts';
import { called } from './web-slack.ts';

/** A reaction that a person set. `ts` is the message's. */
export type Reacted = {
  readonly actor: Actor;
  readonly user: string;
  readonly channel: string;
  readonly ts: string;
  readonly key: string;
};

/** Keeps messages of an incident's thread that people pin. */
export type Pins = {
  /** Writes the message into the incident's timeline; what stands in no thread of ours is nobody's matter. */
  pinned(reacted: Reacted): Promise<void>;
};

/** The reaction that pins. */
export const PIN = 'pushpin';

const TEXT_MAX = 1_000;

/** Reads a message once, when somebody pins it, and appends its words masked; once a message. */
export function createPins(options: {
  readonly client: WebClient;
  readonly told: Pick<ToldStore, 'incidentOf'>;
  readonly ledger: Pick<Ledger, 'append'>;
  readonly gate: (arrival: Arrival) => Promise<Passage>;
  readonly replies: Pick<Replies, 'whisper'>;
  readonly logger: Logger;
}): Pins {
  const { client, told, ledger, gate, replies, logger } = options;

  async function messageAt(channel: string, ts: string) {
    const window = { channel, ts, oldest: ts, latest: ts, inclusive: true, limit: 10 };
    const { messages = [] } = await called(() => client.conversations.replies(window));
    return messages.find((message) => message.ts === ts);
  }

  return {
    async pinned({ actor, user, channel, ts, key }) {
      const message = await messageAt(channel, ts);
      const thread = message?.thread_ts ?? ts;
      const incident = await told.incidentOf(channel, thread);
      const text = masked(plain(plainText(message?.text ?? ''), TEXT_MAX));
      if (incident === undefined || text === '') return;
      const passage = await gate({ actor, key, changes: true });
      if (!passage.ok) {
        const from = { channel, user, threadTs: thread };
        if (passage.why !== undefined) await replies.whisper(from, refusalAnswer(passage.why));
        return;
      }
      const author =
        message?.bot_id === undefined && message?.user !== undefined
          ? `${actor.team ?? ''}/${message.user}`
          : undefined;
      const saidAt = new Date(Number(ts) * 1_000).toISOString();
      const pin = { kind: 'pinned', by: passage.who, saidAt, text: text.slice(0, TEXT_MAX) } as const;
      const event = author === undefined ? pin : { ...pin, author };
      const kept = await ledger.append(incident, event, { once: `pinned:${incident}:${channel}:${ts}` });
      if (kept === undefined) logger.info({ incident, ts }, 'pinned before');
    },
  };
}
