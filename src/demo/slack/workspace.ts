import { randomBytes } from 'node:crypto';
import { isObject, type JsonObject, objectsOf } from './json.ts';
import type { LocalSlackOptions } from './options.ts';

/** A message as Slack stores it. */
export type Message = {
  readonly ts: string;
  readonly channel: string;
  readonly user?: string;
  readonly botId?: string;
  readonly username?: string;
  readonly subtype?: string;
  readonly threadTs?: string;
  readonly broadcast?: boolean;
  readonly text: string;
  readonly blocks: readonly JsonObject[];
  readonly attachments: readonly JsonObject[];
  readonly metadata?: JsonObject;
  readonly files: readonly JsonObject[];
  readonly editedTs?: string;
  readonly reactions: readonly { readonly name: string; readonly users: readonly string[] }[];
  /** Set: only this person sees it, and it cannot be edited by chat.update. */
  readonly visibleTo?: string;
};

/** A channel, or a direct conversation between the app and one person. */
export type Channel = { readonly id: string; readonly name: string; readonly topic?: string; readonly imUser?: string };

/** Something in the workspace changed; the page and the tour follow these. */
export type Change = {
  readonly kind: 'post' | 'edit' | 'delete' | 'ephemeral' | 'reaction' | 'view';
  readonly channel?: string;
  readonly message?: Message;
  readonly userId?: string;
};

/** What a message is made from before it has a ts. */
export type Draft = Partial<Omit<Message, 'ts' | 'channel' | 'editedTs' | 'reactions'>>;

/** Channels, messages and who sees them. */
export type Workspace = ReturnType<typeof createWorkspace>;

/** The memory of one local Slack. */
export function createWorkspace(options: LocalSlackOptions, now: () => number) {
  const channels = new Map<string, Channel>(options.channels.map((channel) => [channel.id, channel]));
  const messages: Message[] = [];
  const listeners = new Set<(change: Change) => void>();
  const nextTs = createTsSource(now);

  function emit(change: Change): void {
    for (const listener of listeners) listener(change);
  }
  function find(channel: string, ts: string): Message | undefined {
    return messages.find((message) => message.channel === channel && message.ts === ts);
  }
  function replace(old: Message, changed: Message, kind: Change['kind']): Message {
    messages[messages.indexOf(old)] = changed;
    emit({ kind, channel: changed.channel, message: changed });
    return changed;
  }

  return {
    channels,
    nextTs,
    emit,
    find,
    /** Calls back at every change until the returned function is called. */
    onChange(listener: (change: Change) => void): () => void {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    /** All messages of a channel that everyone sees, oldest first. */
    inChannel: (channel: string) => messages.filter((m) => m.channel === channel && m.visibleTo === undefined),
    /** What only this person sees in a channel, oldest first. */
    onlyFor: (channel: string, userId: string) =>
      messages.filter((m) => m.channel === channel && m.visibleTo === userId),
    /** A thread with its root, oldest first. */
    thread: (channel: string, ts: string) =>
      messages.filter((m) => m.channel === channel && m.visibleTo === undefined && (m.ts === ts || m.threadTs === ts)),
    add(channel: string, draft: Draft): Message {
      const message: Message = {
        text: '',
        attachments: [],
        files: [],
        ...draft,
        blocks: withIds(draft.blocks ?? []),
        channel,
        ts: nextTs(),
        reactions: [],
      };
      messages.push(message);
      emit({ kind: message.visibleTo === undefined ? 'post' : 'ephemeral', channel, message });
      return message;
    },
    edit(old: Message, draft: Draft): Message {
      const blocks = draft.blocks === undefined ? old.blocks : withIds(draft.blocks);
      return replace(old, { ...old, ...draft, blocks, editedTs: nextTs() }, 'edit');
    },
    react(old: Message, reactions: Message['reactions']): Message {
      return replace(old, { ...old, reactions }, 'reaction');
    },
    remove(message: Message): void {
      messages.splice(messages.indexOf(message), 1);
      emit({ kind: 'delete', channel: message.channel, message });
    },
    /** The direct conversation with a person, opened when there is none. */
    directWith(userId: string): Channel {
      const open = [...channels.values()].find((channel) => channel.imUser === userId);
      if (open !== undefined) return open;
      const channel: Channel = { id: `D0${randomId(8)}`, name: userId, imUser: userId };
      channels.set(channel.id, channel);
      return channel;
    },
  };
}

/** Upper-case letters and digits, as Slack's ids have them. */
export function randomId(length: number): string {
  const alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZ0123456789';
  return [...randomBytes(length)].map((byte) => alphabet[byte % alphabet.length] ?? 'A').join('');
}

/** Blocks as Slack stores them: every block has a block_id, every interactive element an action_id. */
export function withIds(blocks: readonly JsonObject[]): readonly JsonObject[] {
  return blocks.map((block) => {
    const named: JsonObject = { ...block, block_id: block['block_id'] || randomId(5) };
    if (isObject(block['accessory'])) named['accessory'] = withActionId(block['accessory']);
    if (isObject(block['element'])) named['element'] = withActionId(block['element']);
    if (block['type'] === 'actions') named['elements'] = objectsOf(block['elements']).map(withActionId);
    return named;
  });
}

function withActionId(element: JsonObject): JsonObject {
  if (element['type'] === 'image') return element;
  return { ...element, action_id: element['action_id'] ?? randomId(5) };
}

function createTsSource(now: () => number): () => string {
  let lastMicros = 0;
  return () => {
    // Slack's ids look like seconds with six decimals, and the last two are nearly always zeros.
    lastMicros = Math.max(Math.floor(now()) * 1000, lastMicros + 100);
    const micros = String(lastMicros % 1_000_000).padStart(6, '0');
    return `${Math.floor(lastMicros / 1_000_000)}.${micros}`;
  };
}
