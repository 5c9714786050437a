import type { Reply } from '../contract/command.ts';
import type { Logger } from '../contract/logger.ts';
import type { ToldStore } from '../contract/told.ts';
import type { Place } from '../domain/entry.ts';
import type { IncidentId, PersonId } from '../domain/names.ts';
import type { Right } from '../domain/policy.ts';
import { type Answer, answerOf, refusalAnswer } from './answers.ts';
import { sections } from './blocks.ts';
import type { Clock } from './clock.ts';
import type { Arrival, Passage } from './gate.ts';
import type { Actor } from './people.ts';
import type { Poster } from './post-once.ts';
import type { Listener, Replies } from './replies.ts';

/** What a person wants, in the words of the one grammar. */
export type Wish = {
  readonly who: PersonId;
  readonly text: string;
  readonly place: Place;
  readonly incident?: IncidentId;
};

/** What is done about words, typed after the slash command, in a mention, or meant by a button. */
export type Wishes = {
  command(typed: {
    readonly actor: Actor;
    readonly text: string;
    readonly channel: string;
    readonly key: string;
    readonly respond: (answer: Answer) => Promise<void>;
  }): Promise<void>;
  mention(said: {
    readonly actor: Actor;
    readonly text: string;
    readonly channel: string;
    readonly ts: string;
    readonly threadTs: string | undefined;
    readonly key: string;
  }): Promise<void>;
  /** Already through the gate. */
  pressed(wish: {
    readonly who: PersonId;
    readonly text: string;
    readonly from: Listener;
    /** Absent: the button belongs to no incident. */
    readonly incident?: IncidentId;
  }): Promise<void>;
};

type SaidFile = NonNullable<Extract<Reply, { kind: 'said' }>['file']>;

const THREAD_MS = 5_000;
const OURS = 'Something failed on our side; nothing was run. Try again in a minute; the log of the bot has the cause.';

/** Runs wishes and brings their replies to where they were made. */
export function createWishes(options: {
  readonly run: (wish: Wish) => Promise<Reply>;
  /** The right that these words need; words that are no command need none, they are refused by `run`. */
  readonly rightOf: (text: string) => Right;
  readonly gate: (arrival: Arrival) => Promise<Passage>;
  readonly replies: Replies;
  readonly poster: Poster;
  readonly told: Pick<ToldStore, 'incidentOf'>;
  readonly clock: Clock;
  readonly logger: Logger;
}): Wishes {
  const { run, rightOf, gate, replies, poster, told, clock, logger } = options;

  async function outcomeOf(wish: Wish): Promise<Reply> {
    try {
      return await run(wish);
    } catch (error) {
      logger.error({ error: String(error), text: wish.text.slice(0, 200) }, 'a command failed');
      return { kind: 'said', lines: [OURS], exit: 70 };
    }
  }

  /** A file cannot be for one person's eyes in a channel: it goes into their own conversation with the app. Says where it is. */
  async function handed(file: SaidFile, user: string): Promise<string> {
    try {
      const channel = await replies.direct(user);
      await poster.upload({ channel, ...file }, { sinceMs: clock.now().getTime(), unsure: false });
      return 'All of it is a file in your direct messages with the app.';
    } catch (error) {
      logger.warn({ error: String(error) }, 'a file could not be handed to a person');
      return 'The file with all of it could not be sent: say the same in a thread, after a mention of the app, or in a shell.';
    }
  }

  /** The words for a reply; undefined: the story in the channel says it. */
  async function answerFor(
    reply: Reply,
    about: { readonly channel: string; readonly sinceMs: number; readonly incident?: IncidentId },
  ): Promise<Answer | undefined> {
    if (reply.kind === 'said') return answerOf(reply.lines);
    if (reply.kind === 'refused') return refusalAnswer(reply.refusal.text);
    if (reply.incident === about.incident) return undefined;
    const thread = await replies.threadOf(reply.incident, { sinceMs: about.sinceMs, withinMs: THREAD_MS });
    if (thread === undefined) return answerOf([`On it: ${reply.incident}. Its thread follows.`]);
    if (thread.isNew && thread.channel === about.channel) return undefined;
    // The link is Slack's own answer to us, not a node's or a person's words.
    const text =
      thread.link === undefined
        ? `On it: ${reply.incident}.`
        : `On it, in <${thread.link}|the thread of ${reply.incident}>.`;
    return { text, blocks: sections([text]) };
  }

  return {
    async command({ actor, text, channel, key, respond }) {
      const sinceMs = clock.now().getTime();
      const passage = await gate({ actor, key, changes: rightOf(text) !== 'look' });
      if (!passage.ok) return passage.why === undefined ? undefined : respond(refusalAnswer(passage.why));
      const reply = await outcomeOf({ who: passage.who, text, place: { channel } });
      if (reply.kind === 'said' && reply.file !== undefined && actor.user !== undefined)
        return respond(answerOf([...reply.lines, await handed(reply.file, actor.user)]));
      const answer = await answerFor(reply, { channel, sinceMs });
      if (answer !== undefined) await respond(answer);
    },
    async mention({ actor, text, channel, ts, threadTs, key }) {
      const sinceMs = clock.now().getTime();
      const passage = await gate({ actor, key, changes: rightOf(text) !== 'look' });
      const thread = threadTs ?? ts;
      const say = async (answer: Answer): Promise<void> => {
        const mark = { incident: 'none', key: `reply ${key}`, hash: '' };
        await poster.post(() => ({ channel, threadTs: thread, ...answer, mark }), {
          sinceMs: clock.now().getTime(),
          unsure: false,
        });
      };
      if (!passage.ok) return passage.why === undefined ? undefined : say(refusalAnswer(passage.why));
      const incident = threadTs === undefined ? undefined : await told.incidentOf(channel, threadTs);
      const about = incident === undefined ? {} : { incident };
      const reply = await outcomeOf({ who: passage.who, text, place: { channel }, ...about });
      if (reply.kind === 'said' && reply.file !== undefined)
        return void (await poster.upload(
          { channel, threadTs: thread, ...reply.file },
          { sinceMs: clock.now().getTime(), unsure: false },
        ));
      const answer = await answerFor(reply, { channel, sinceMs, ...about });
      if (answer !== undefined) await say(answer);
    },
    async pressed({ who, text, from, incident }) {
      const about = incident === undefined ? {} : { incident };
      const reply = await outcomeOf({ who, text, place: { channel: from.channel }, ...about });
      const answer = await answerFor(reply, { channel: from.channel, sinceMs: clock.now().getTime(), ...about });
      if (answer !== undefined) await replies.whisper(from, answer);
    },
  };
}
