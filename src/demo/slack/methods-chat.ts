import { type ApiAnswer, type ApiCall, type ApiMethod, accept, refuse } from './api-call.ts';
import { readContent } from './message-content.ts';
import type { SlackState } from './slack-state.ts';
import { messageOnWire } from './wire.ts';
import type { Channel, Draft, Message } from './workspace.ts';

/** chat.*: posting, editing and deleting messages. */
export const chatMethods: { readonly [method: string]: ApiMethod } = {
  'chat.postMessage': postMessage,
  'chat.update': update,
  'chat.delete': remove,
  'chat.postEphemeral': postEphemeral,
  'chat.getPermalink': getPermalink,
};

/** The channel an argument names, by id (or by a person's id: their direct conversation). */
export function channelOf(state: SlackState, id: string | undefined): Channel | undefined {
  if (id === undefined) return undefined;
  const name = id.replace(/^#/, '');
  const byId = state.workspace.channels.get(id);
  if (byId !== undefined) return byId;
  if (state.options.people.some((person) => person.id === id)) return state.workspace.directWith(id);
  return [...state.workspace.channels.values()].find((channel) => channel.name === name);
}

/** The fields of a message that the app writes itself. */
export function ownDraft(state: SlackState, draft: Draft): Draft {
  return { ...draft, user: state.options.app.botUserId, botId: state.options.app.botId };
}

function postMessage({ args, state }: ApiCall): ApiAnswer {
  const channel = channelOf(state, args.text('channel'));
  if (channel === undefined) return refuse('channel_not_found');
  const content = readContent(args, { limits: state.limits, files: state.files, use: 'post' });
  if ('error' in content) return content;
  const threadTs = args.text('thread_ts');
  const root = threadTs === undefined ? undefined : state.workspace.find(channel.id, threadTs);
  if (threadTs !== undefined && root === undefined) return refuse('cannot_reply_to_message');
  const message = state.workspace.add(channel.id, {
    ...ownDraft(state, content.draft),
    // A reply to a reply lands in the thread of the root.
    ...(root === undefined ? {} : { threadTs: root.threadTs ?? root.ts }),
    ...(args.flag('reply_broadcast') && root !== undefined ? { broadcast: true } : {}),
  });
  return answered(state, message);
}

function update({ args, state }: ApiCall): ApiAnswer {
  const channel = channelOf(state, args.text('channel'));
  if (channel === undefined) return refuse('channel_not_found');
  const message = state.workspace.find(channel.id, args.text('ts') ?? '');
  if (message === undefined || message.visibleTo !== undefined) return refuse('message_not_found');
  if (message.botId !== state.options.app.botId) return refuse('cant_update_message');
  const content = readContent(args, { limits: state.limits, files: state.files, use: 'update' });
  if ('error' in content) return content;
  const broadcast = args.flag('reply_broadcast') ? { broadcast: true } : {};
  const edited = state.workspace.edit(message, { ...content.draft, ...broadcast });
  return answered(state, edited);
}

function remove({ args, state }: ApiCall): ApiAnswer {
  const channel = channelOf(state, args.text('channel'));
  if (channel === undefined) return refuse('channel_not_found');
  const message = state.workspace.find(channel.id, args.text('ts') ?? '');
  if (message === undefined || message.visibleTo !== undefined) return refuse('message_not_found');
  if (message.botId !== state.options.app.botId) return refuse('cant_delete_message');
  state.workspace.remove(message);
  return accept({ channel: channel.id, ts: message.ts });
}

function postEphemeral({ args, state }: ApiCall): ApiAnswer {
  const channel = channelOf(state, args.text('channel'));
  if (channel === undefined) return refuse('channel_not_found');
  const user = args.text('user');
  if (!state.options.people.some((person) => person.id === user)) return refuse('user_not_in_channel');
  const content = readContent(args, { limits: state.limits, files: state.files, use: 'post' });
  if ('error' in content) return content;
  const threadTs = args.text('thread_ts');
  const message = state.workspace.add(channel.id, {
    ...ownDraft(state, content.draft),
    ...(threadTs === undefined ? {} : { threadTs }),
    ...(user === undefined ? {} : { visibleTo: user }),
  });
  return accept({ message_ts: message.ts });
}

function getPermalink({ args, state }: ApiCall): ApiAnswer {
  const channel = channelOf(state, args.text('channel'));
  if (channel === undefined) return refuse('channel_not_found');
  const message = state.workspace.find(channel.id, args.text('message_ts') ?? '');
  if (message === undefined) return refuse('message_not_found');
  const thread = message.threadTs === undefined ? '' : `?thread_ts=${message.threadTs}&cid=${channel.id}`;
  const permalink = `${state.baseUrl()}/archives/${channel.id}/p${message.ts.replace('.', '')}${thread}`;
  return accept({ channel: channel.id, permalink });
}

function answered(state: SlackState, message: Message): ApiAnswer {
  const wire = messageOnWire(message, { ...state, metadata: true });
  return accept({ channel: message.channel, ts: message.ts, text: message.text, message: wire });
}
