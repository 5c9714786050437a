import type { WebClient } from '@slack/web-api';
import type { Logger } from '../contract/logger.ts';
import type { Clock } from './clock.ts';
import { called } from './web-slack.ts';

/** A message of another bot in a watched channel. */
export type SeenMessage = {
  readonly text: string;
  readonly attachments: readonly Readonly<Record<string, unknown>>[];
};

/** Up to where each channel was read, as Slack's `ts`; survives a restart. */
export type ChannelCursors = {
  get(channel: string): Promise<string | undefined>;
  set(channel: string, ts: string): Promise<void>;
};

/** Which channels are read, and what takes their messages: durable when it resolves. */
export type ChannelWatch = {
  readonly channels: readonly string[];
  readonly cursors: ChannelCursors;
  readonly accept: (message: SeenMessage) => Promise<void>;
};

const EVERY_MS = 5_000;
const SOON_MS = 200;
const PAGE = 200;
/** Pages of one gap that are read at most; what is older than these is not read. */
const PAGES_MAX = 25;

/**
 * Reads other bots' messages in watched channels from the last one that was taken, so that a gap loses nothing. An edited message keeps
 * its time and is not read again; people's messages and our own are no alerts. A channel that was never read begins now.
 */
export async function watchChannels(options: {
  readonly client: WebClient;
  readonly watch: ChannelWatch;
  /** undefined: Slack has not told yet who we are. */
  readonly botId: () => string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { watch, botId, clock, logger, signal } = options;
  const failing = new Map<string, string>();
  while (!signal.aborted) {
    const self = botId();
    for (const channel of self === undefined ? [] : watch.channels) {
      try {
        await readNew(channel, self, options);
        failing.delete(channel);
      } catch (error) {
        const words = String(error);
        if (failing.get(channel) !== words)
          logger.warn({ channel, error: words }, 'a watched channel cannot be read; it is tried again');
        failing.set(channel, words);
      }
    }
    await clock.wait(self === undefined ? SOON_MS : EVERY_MS, signal);
  }
}

type Read = { readonly ts: string; readonly botId: string | undefined; readonly message: SeenMessage };

async function readNew(
  channel: string,
  self: string | undefined,
  { client, watch, clock, logger }: Parameters<typeof watchChannels>[0],
): Promise<void> {
  const { cursors, accept } = watch;
  const since = await cursors.get(channel);
  if (since === undefined) return cursors.set(channel, `${Math.floor(clock.now().getTime() / 1_000)}.000000`);
  const { read, whole } = await called(() => historySince(client, channel, since));
  if (!whole) logger.warn({ channel, read: read.length }, 'a watched channel had more messages than are read at once');
  for (const { ts, botId: from, message } of read) {
    if (from !== undefined && from !== self) await accept(message);
    await cursors.set(channel, ts);
  }
}

/** Messages after `since`, oldest first; not whole: there were more, and the newest of them are here. */
async function historySince(
  client: WebClient,
  channel: string,
  since: string,
): Promise<{ readonly read: readonly Read[]; readonly whole: boolean }> {
  const found: Read[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const answer = await client.conversations.history({
      channel,
      oldest: since,
      limit: PAGE,
      ...(cursor === undefined ? {} : { cursor }),
    });
    for (const { ts, bot_id: botId, text = '', attachments = [] } of answer.messages ?? []) {
      if (ts === undefined) continue;
      found.push({ ts, botId, message: { text, attachments: attachments.map((one) => ({ ...one })) } });
    }
    cursor = answer.response_metadata?.next_cursor;
    if (cursor === undefined || cursor === '') break;
  }
  const whole = cursor === undefined || cursor === '';
  return { read: found.toSorted((a, b) => Number(a.ts) - Number(b.ts)), whole };
}
