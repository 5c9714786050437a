import { type ApiAnswer, type ApiCall, type ApiMethod, accept, refuse } from './api-call.ts';
import type { JsonObject } from './json.ts';
import { channelOf } from './methods-chat.ts';
import type { SlackState } from './slack-state.ts';
import { messageOnWire, userOnWire } from './wire.ts';
import type { Channel, Message } from './workspace.ts';

/** Everything that only reads: auth, team, bots, users, user groups, conversations. */
export const readMethods: { readonly [method: string]: ApiMethod } = {
  'auth.test': ({ state: { options, baseUrl } }) =>
    accept({
      url: `${baseUrl()}/`,
      team: options.team.name,
      user: options.app.name,
      team_id: options.team.id,
      user_id: options.app.botUserId,
      bot_id: options.app.botId,
      is_enterprise_install: false,
    }),
  'apps.connections.open': ({ state, ticketPath }) =>
    accept({ url: `${state.baseUrl().replace(/^http/, 'ws')}${ticketPath()}` }),
  'team.info': ({ state: { options } }) =>
    accept({ team: { id: options.team.id, name: options.team.name, domain: 'local', icon: {} } }),
  'bots.info': ({ args, state: { options } }) => {
    if (args.has('bot') && args.text('bot') !== options.app.botId) return refuse('bot_not_found');
    const { botId, id, name, botUserId } = options.app;
    return accept({ bot: { id: botId, deleted: false, name, app_id: id, user_id: botUserId } });
  },
  'users.info': ({ args, state: { options } }) => {
    const user = userOnWire(options, args.text('user') ?? '');
    return user === undefined ? refuse('user_not_found') : accept({ user });
  },
  'users.list': ({ state: { options } }) =>
    accept({
      members: [...options.people.map((person) => person.id), options.app.botUserId].map((id) =>
        userOnWire(options, id),
      ),
      response_metadata: { next_cursor: '' },
    }),
  'usergroups.list': ({ args, state: { options } }) =>
    accept({
      usergroups: (options.userGroups ?? [])
        .filter(({ disabled }) => disabled !== true || args.flag('include_disabled'))
        .map(({ id, handle, name, users, disabled }) => ({
          id,
          team_id: options.team.id,
          is_usergroup: true,
          handle,
          name,
          date_delete: disabled === true ? 1_700_000_000 : 0,
          user_count: users.length,
          ...(args.flag('include_users') ? { users } : {}),
        })),
    }),
  'usergroups.users.list': ({ args, state: { options } }) => {
    const group = (options.userGroups ?? []).find((candidate) => candidate.id === args.text('usergroup'));
    return group === undefined || group.disabled === true ? refuse('no_such_subteam') : accept({ users: group.users });
  },
  'conversations.info': (call) => withChannel(call, (channel) => accept({ channel: onWire(call.state, channel) })),
  'conversations.list': ({ state }) =>
    accept({
      channels: [...state.workspace.channels.values()]
        .filter((channel) => channel.imUser === undefined)
        .map((channel) => onWire(state, channel)),
      response_metadata: { next_cursor: '' },
    }),
  'conversations.members': (call) =>
    withChannel(call, (channel) =>
      accept({ members: membersOf(call.state, channel), response_metadata: { next_cursor: '' } }),
    ),
  'conversations.open': ({ args, state }) => {
    const user = args.text('users')?.split(',')[0];
    if (user === undefined || user === '') return refuse('not_enough_users');
    if (user === state.options.app.botUserId) return refuse('cannot_dm_bot');
    if (!state.options.people.some((person) => person.id === user)) return refuse('user_not_found');
    return accept({ channel: { id: state.workspace.directWith(user).id } });
  },
  'conversations.history': (call) =>
    withChannel(call, (channel) => {
      const shown = call.state.workspace
        .inChannel(channel.id)
        .filter((message) => message.threadTs === undefined || message.broadcast === true);
      return page(call, inWindow(call, shown).reverse());
    }),
  'conversations.replies': (call) =>
    withChannel(call, (channel) => {
      const asked = call.state.workspace.find(channel.id, call.args.text('ts') ?? '');
      if (asked === undefined || asked.visibleTo !== undefined) return refuse('thread_not_found');
      const thread = call.state.workspace.thread(channel.id, asked.threadTs ?? asked.ts);
      const [root, ...replies] = thread;
      if (root === undefined) return refuse('thread_not_found');
      return page(call, [root, ...inWindow(call, replies)]);
    }),
};

/** Everybody in a channel: all people and the app, or the two of a direct conversation. */
export function membersOf(state: SlackState, channel: Channel): readonly string[] {
  const people = channel.imUser === undefined ? state.options.people.map((person) => person.id) : [channel.imUser];
  return [...people, state.options.app.botUserId];
}

function withChannel(call: ApiCall, answer: (channel: Channel) => ApiAnswer): ApiAnswer {
  const channel = channelOf(call.state, call.args.text('channel'));
  return channel === undefined ? refuse('channel_not_found') : answer(channel);
}

function onWire(state: SlackState, channel: Channel): JsonObject {
  const direct = channel.imUser !== undefined;
  return {
    id: channel.id,
    name: channel.name,
    name_normalized: channel.name,
    is_channel: !direct,
    is_im: direct,
    ...(direct ? { user: channel.imUser } : {}),
    is_private: false,
    is_archived: false,
    is_member: true,
    is_shared: false,
    is_ext_shared: false,
    context_team_id: state.options.team.id,
    num_members: membersOf(state, channel).length,
    topic: { value: channel.topic ?? '' },
    purpose: { value: '' },
  };
}

function inWindow({ args }: ApiCall, messages: readonly Message[]): Message[] {
  const oldest = Number(args.text('oldest') ?? 0);
  const latest = Number(args.text('latest') ?? Number.POSITIVE_INFINITY);
  const inclusive = args.flag('inclusive');
  return messages.filter((message) => {
    const ts = Number(message.ts);
    return inclusive ? ts >= oldest && ts <= latest : ts > oldest && ts < latest;
  });
}

function page({ args, state }: ApiCall, messages: readonly Message[]): ApiAnswer {
  const limit = Math.min(Math.max(args.number('limit') ?? 100, 1), 999);
  const start = Number(Buffer.from(args.text('cursor') ?? '', 'base64url').toString() || 0);
  if (Number.isNaN(start)) return refuse('invalid_cursor');
  const end = start + limit;
  const hasMore = end < messages.length;
  const context = { ...state, metadata: args.flag('include_all_metadata') };
  return accept({
    messages: messages.slice(start, end).map((message) => messageOnWire(message, context)),
    has_more: hasMore,
    ...(hasMore ? { response_metadata: { next_cursor: Buffer.from(String(end)).toString('base64url') } } : {}),
  });
}
