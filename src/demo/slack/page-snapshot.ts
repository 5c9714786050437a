import type { JsonObject } from './json.ts';
import type { PersonOptions } from './options.ts';
import type { SlackState } from './slack-state.ts';
import type { Message } from './workspace.ts';

/** A message as the page shows it. */
export type ShownMessage = Message & { readonly authorName: string; readonly isApp: boolean };

/** A modal as the page shows it. */
export type ShownView = {
  readonly id: string;
  readonly title: string;
  readonly submit: string | undefined;
  readonly close: string;
  readonly blocks: readonly JsonObject[];
  readonly errors: { readonly [blockId: string]: string };
};

/** Everything one person sees. */
export type Snapshot = {
  readonly team: { readonly id: string; readonly name: string };
  readonly app: { readonly name: string; readonly command: string; readonly botUserId: string };
  readonly people: readonly PersonOptions[];
  readonly hints: readonly string[];
  readonly channels: readonly { readonly id: string; readonly name: string; readonly topic: string }[];
  readonly messages: readonly ShownMessage[];
  readonly views: readonly ShownView[];
  /** Blocks of the app's Home tab; absent: the app has shown none yet. */
  readonly home?: readonly JsonObject[];
};

/** What one person sees now: all channels, their own ephemerals and modals. */
export function snapshotFor(state: SlackState, userId: string): Snapshot {
  const { options, workspace } = state;
  const channels = [...workspace.channels.values()].filter(
    (channel) => channel.imUser === undefined || channel.imUser === userId,
  );
  const home = state.views.home(userId);
  return {
    team: options.team,
    app: { name: options.app.name, command: options.app.command, botUserId: options.app.botUserId },
    people: options.people,
    hints: options.hints ?? [],
    channels: channels.map(({ id, name, topic, imUser }) => ({
      id,
      name: imUser === undefined ? name : options.app.name,
      topic: topic ?? '',
    })),
    messages: channels.flatMap(({ id }) =>
      [...workspace.inChannel(id), ...workspace.onlyFor(id, userId)]
        .sort((a, b) => Number(a.ts) - Number(b.ts))
        .map((message) => shown(state, message)),
    ),
    views: state.views.of(userId).map((view) => ({
      id: view.id,
      title: textOf(view.definition['title']) ?? '',
      submit: textOf(view.definition['submit']),
      close: textOf(view.definition['close']) ?? 'Close',
      blocks: view.blocks,
      errors: view.errors,
    })),
    ...(home === undefined ? {} : { home: home.blocks }),
  };
}

function shown(state: SlackState, message: Message): ShownMessage {
  const { people, app } = state.options;
  const person = people.find((candidate) => candidate.id === message.user);
  const own = message.botId === app.botId ? app.name : undefined;
  return {
    ...message,
    authorName: message.username ?? person?.realName ?? own ?? 'Somebody',
    isApp: person === undefined,
  };
}

function textOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('text' in value)) return undefined;
  return typeof value.text === 'string' ? value.text : undefined;
}
