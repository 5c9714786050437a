import {
  LogLevel,
  type Logger as SlackLogger,
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
  WebClient,
} from '@slack/web-api';
import type { Logger } from '../contract/logger.ts';
import { type Mark, type Outgoing, type Posted, SlackFailure, type SlackPort } from './slack-port.ts';
import { type CallWatch, watchedFetch } from './watched-fetch.ts';

const EVENT_TYPE = 'medic_message';
const PAGE = 200;
const PAGES_MAX = 5;
/** The clocks of Slack and of this machine may differ by so much. */
const SKEW_MS = 120_000;

/** Slack's names for a reaction that is as it is to be. */
const SO_ALREADY: ReadonlySet<string> = new Set(['already_reacted', 'no_reaction']);

/** A client that never queues behind a 429, never repeats a call by itself, and gives up after `timeoutMs`. */
export function createWebClient(
  options: {
    readonly token: string;
    readonly apiUrl: string;
    readonly timeoutMs: number;
    readonly logger: Logger;
  } & CallWatch,
): WebClient {
  return new WebClient(options.token, {
    slackApiUrl: options.apiUrl,
    // A repeated post is a second message: who calls decides whether to try again.
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: options.timeoutMs,
    logger: slackLogger(options.logger),
    allowAbsoluteUrls: true,
    fetch: watchedFetch(options),
  });
}

/** The port over Slack's Web API. */
export function createWebSlack(client: WebClient): SlackPort {
  return {
    post: (message) =>
      called(async () => {
        const { channel, text, threadTs, broadcast } = message;
        const content = { channel, text, blocks: [...message.blocks], ...common(message) };
        const { ts } = await client.chat.postMessage(
          threadTs === undefined
            ? content
            : broadcast === true
              ? { ...content, thread_ts: threadTs, reply_broadcast: true }
              : { ...content, thread_ts: threadTs },
        );
        if (ts === undefined) throw new SlackFailure('unsure', 'no_ts');
        return { ts };
      }),
    update: (message) =>
      called(async () => {
        await client.chat.update({
          channel: message.channel,
          ts: message.ts,
          text: message.text,
          blocks: [...message.blocks],
          ...common(message),
        });
      }),
    remove: ({ channel, ts }) => called(async () => void (await client.chat.delete({ channel, ts }))),
    async react({ channel, ts, name, on }) {
      const about = { channel, timestamp: ts, name };
      try {
        await called(async () => void (await (on ? client.reactions.add(about) : client.reactions.remove(about))));
      } catch (error) {
        if (!(error instanceof SlackFailure) || !SO_ALREADY.has(error.code)) throw error;
      }
    },
    upload: ({ channel, threadTs, name, title, content, altText }) =>
      called(async () => {
        const named = { filename: name, title };
        const alt = altText === undefined ? {} : { alt_text: altText };
        const data =
          typeof content === 'string' ? { ...named, content } : { ...named, ...alt, file: Buffer.from(content) };
        await client.filesUploadV2(
          threadTs === undefined
            ? { ...data, channel_id: channel }
            : { ...data, channel_id: channel, thread_ts: threadTs },
        );
      }),
    posted: ({ channel, threadTs, sinceMs }) =>
      called(async () => {
        const found: Posted[] = [];
        let cursor: string | undefined;
        for (let page = 0; page < PAGES_MAX; page += 1) {
          const window = {
            channel,
            oldest: String((sinceMs - SKEW_MS) / 1_000),
            limit: PAGE,
            include_all_metadata: true,
            ...(cursor === undefined ? {} : { cursor }),
          };
          const answer =
            threadTs === undefined
              ? await client.conversations.history(window)
              : await client.conversations.replies({ ...window, ts: threadTs });
          for (const message of answer.messages ?? []) found.push(postedOf(message));
          cursor = answer.response_metadata?.next_cursor;
          if (cursor === undefined || cursor === '') break;
        }
        return found;
      }),
  };
}

/** The direct conversation with a person, opened where there is none yet; throws a SlackFailure. */
export async function openDirect(client: WebClient, user: string): Promise<string> {
  const { channel } = await called(() => client.conversations.open({ users: user }));
  if (channel?.id === undefined) throw new SlackFailure('unsure', 'no_channel');
  return channel.id;
}

/** Runs a call and turns every way in which the client fails into a SlackFailure. */
export async function called<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw failureOf(error);
  }
}

/** Sends the SDK's own log lines to ours, warnings and worse only. */
export function slackLogger(logger: Logger): SlackLogger {
  const told =
    (level: 'warn' | 'error') =>
    (...parts: unknown[]): void =>
      logger[level]({ sdk: parts.map(String).join(' ').slice(0, 500) }, 'slack sdk');
  return {
    debug: () => undefined,
    info: () => undefined,
    warn: told('warn'),
    error: told('error'),
    setLevel: () => undefined,
    getLevel: () => LogLevel.WARN,
    setName: () => undefined,
  };
}

function failureOf(error: unknown): SlackFailure {
  if (error instanceof SlackFailure) return error;
  if (error instanceof WebAPIRateLimitedError)
    return new SlackFailure('rate', 'ratelimited', { retryAfterMs: error.retryAfter * 1_000 });
  if (error instanceof WebAPIPlatformError) {
    const { error: code, response_metadata: about } = error.data;
    const transient = TRANSIENT.has(code);
    return new SlackFailure(transient ? 'unsure' : 'refused', code, {
      detail: (about?.messages ?? []).join(' ').slice(0, 500),
    });
  }
  if (error instanceof WebAPIHTTPError) return new SlackFailure('unsure', `http_${error.statusCode}`);
  if (error instanceof WebAPIRequestError)
    return new SlackFailure('unsure', 'no_answer', { detail: error.original.message });
  return new SlackFailure('unsure', 'unexpected', { detail: String(error) });
}

/** Slack's own troubles: the call may have been carried out all the same. */
const TRANSIENT: ReadonlySet<string> = new Set([
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'team_added_to_org',
]);

function common({ mark }: Pick<Outgoing, 'mark'>) {
  return {
    unfurl_links: false,
    unfurl_media: false,
    parse: 'none' as const,
    link_names: false,
    metadata: { event_type: EVENT_TYPE, event_payload: { ...mark } },
  };
}

type HistoryMessage = {
  readonly ts?: string;
  readonly metadata?: { readonly event_type?: string; readonly event_payload?: unknown };
  readonly files?: readonly { readonly name?: string }[];
};

function postedOf({ ts = '', metadata, files = [] }: HistoryMessage): Posted {
  const mark = metadata?.event_type === EVENT_TYPE ? markOf(metadata.event_payload) : undefined;
  return { ts, files: files.flatMap(({ name }) => name ?? []), ...(mark === undefined ? {} : { mark }) };
}

function markOf(payload: unknown): Mark | undefined {
  if (typeof payload !== 'object' || payload === null) return undefined;
  const { incident, key, hash } = Object.fromEntries(Object.entries(payload));
  return typeof incident === 'string' && typeof key === 'string' && typeof hash === 'string'
    ? { incident, key, hash }
    : undefined;
}
