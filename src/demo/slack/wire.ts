import type { JsonObject } from './json.ts';
import type { LocalSlackOptions } from './options.ts';
import type { Message, Workspace } from './workspace.ts';

/** A stored message in the shape Slack's Web API and events have; replies are counted for roots. */
export function messageOnWire(
  message: Message,
  context: { readonly options: LocalSlackOptions; readonly workspace: Workspace; readonly metadata?: boolean },
): JsonObject {
  const { options, workspace } = context;
  const replies = workspace.thread(message.channel, message.ts).filter((reply) => reply.ts !== message.ts);
  const isRoot = message.threadTs === undefined && replies.length > 0;
  return {
    type: 'message',
    ...(message.subtype ? { subtype: message.subtype } : {}),
    ...(message.broadcast ? { subtype: 'thread_broadcast' } : {}),
    ts: message.ts,
    text: message.text,
    team: options.team.id,
    ...(message.user ? { user: message.user } : {}),
    ...(message.botId ? { bot_id: message.botId } : {}),
    ...(message.botId === options.app.botId ? { app_id: options.app.id } : {}),
    ...(message.username ? { username: message.username } : {}),
    ...(message.blocks.length > 0 ? { blocks: message.blocks } : {}),
    ...(message.attachments.length > 0 ? { attachments: message.attachments } : {}),
    ...(message.files.length > 0 ? { files: message.files } : {}),
    ...(message.metadata && context.metadata ? { metadata: message.metadata } : {}),
    ...(message.editedTs ? { edited: { user: message.user ?? '', ts: message.editedTs } } : {}),
    ...(message.threadTs ? { thread_ts: message.threadTs } : {}),
    ...(message.reactions.length > 0
      ? { reactions: message.reactions.map((r) => ({ name: r.name, users: r.users, count: r.users.length })) }
      : {}),
    ...(isRoot ? rootFields(message, replies) : {}),
  };
}

/** A person as users.info tells them; undefined when nobody has the id. */
export function userOnWire(options: LocalSlackOptions, userId: string): JsonObject | undefined {
  if (userId === options.app.botUserId) {
    const name = options.app.name;
    return {
      id: userId,
      team_id: options.team.id,
      name,
      real_name: name,
      deleted: false,
      is_bot: true,
      is_app_user: false,
      tz: 'Etc/UTC',
      tz_offset: 0,
      profile: { real_name: name, display_name: name, api_app_id: options.app.id, bot_id: options.app.botId },
    };
  }
  const person = options.people.find((candidate) => candidate.id === userId);
  if (person === undefined) return undefined;
  return {
    id: person.id,
    team_id: options.team.id,
    name: person.name,
    real_name: person.realName,
    deleted: false,
    is_bot: false,
    is_app_user: false,
    is_admin: false,
    is_owner: false,
    is_restricted: person.guest === true,
    is_ultra_restricted: false,
    tz: 'Etc/UTC',
    tz_offset: 0,
    profile: { real_name: person.realName, display_name: person.name, title: person.title ?? '' },
  };
}

function rootFields(message: Message, replies: readonly Message[]): JsonObject {
  const authors = new Set(replies.map((reply) => reply.user ?? reply.botId ?? ''));
  return {
    thread_ts: message.ts,
    reply_count: replies.length,
    reply_users: [...authors],
    reply_users_count: authors.size,
    latest_reply: replies.at(-1)?.ts ?? message.ts,
    is_locked: false,
    subscribed: true,
  };
}
