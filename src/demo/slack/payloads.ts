import { randomUUID } from 'node:crypto';
import { type JsonObject, stringAt } from './json.ts';
import type { SlackState } from './slack-state.ts';
import { elementState } from './view-payloads.ts';
import { messageOnWire } from './wire.ts';
import { type Channel, type Message, randomId } from './workspace.ts';

/** Who does something, where. */
export type Actor = { readonly userId: string; readonly userName: string };

/** The payload of a slash command. */
export function commandPayload(
  state: SlackState,
  actor: Actor,
  typed: { readonly channel: Channel; readonly command: string; readonly text: string },
): JsonObject {
  const { team, app } = state.options;
  const secret = state.tickets.response({ channel: typed.channel.id, userId: actor.userId });
  return {
    token: 'local',
    team_id: team.id,
    team_domain: 'local',
    channel_id: typed.channel.id,
    channel_name: typed.channel.imUser === undefined ? typed.channel.name : 'directmessage',
    user_id: actor.userId,
    user_name: actor.userName,
    command: typed.command,
    text: typed.text,
    api_app_id: app.id,
    is_enterprise_install: 'false',
    response_url: `${state.baseUrl()}/response/${secret}`,
    trigger_id: state.tickets.trigger(actor.userId),
  };
}

/** The payload of a pressed button or a chosen option in a message. */
export function messageActionPayload(
  state: SlackState,
  actor: Actor,
  pressed: { readonly message: Message; readonly action: JsonObject; readonly values: JsonObject },
): JsonObject {
  const { message } = pressed;
  const ephemeral = message.visibleTo !== undefined;
  const source = { ts: message.ts, ephemeral, ...(message.threadTs ? { threadTs: message.threadTs } : {}) };
  const secret = state.tickets.response({ channel: message.channel, userId: actor.userId, source });
  const channel = state.workspace.channels.get(message.channel);
  return {
    ...interactionFields(state, actor, 'block_actions'),
    container: {
      type: 'message',
      message_ts: message.ts,
      channel_id: message.channel,
      is_ephemeral: ephemeral,
      ...(message.threadTs ? { thread_ts: message.threadTs } : {}),
    },
    trigger_id: state.tickets.trigger(actor.userId),
    channel: { id: message.channel, name: channel?.name ?? 'directmessage' },
    // Slack does not send the text of an ephemeral message back.
    ...(ephemeral ? {} : { message: messageOnWire(message, state) }),
    state: { values: pressed.values },
    response_url: `${state.baseUrl()}/response/${secret}`,
    actions: [pressed.action],
  };
}

/** What every interaction payload starts with. */
export function interactionFields(state: SlackState, actor: Actor, type: string): JsonObject {
  const { team, app } = state.options;
  return {
    type,
    user: { id: actor.userId, username: actor.userName, name: actor.userName, team_id: team.id },
    api_app_id: app.id,
    token: 'local',
    team: { id: team.id, domain: 'local' },
    enterprise: null,
    is_enterprise_install: false,
  };
}

/** One entry of `actions` in a block_actions payload. */
export function actionOf(
  state: SlackState,
  pressed: { readonly block: JsonObject; readonly element: JsonObject; readonly value: string | readonly string[] },
): JsonObject {
  const { element, block } = pressed;
  const type = stringAt(element, 'type');
  const about = type === 'button' ? { text: element['text'], value: element['value'], style: element['style'] } : {};
  const chosen = type === 'button' ? {} : elementState(element, pressed.value);
  return {
    type,
    action_id: element['action_id'],
    block_id: block['block_id'],
    ...about,
    ...chosen,
    ...(element['confirm'] ? { confirm: element['confirm'] } : {}),
    action_ts: state.workspace.nextTs(),
  };
}

/** An event in the wrapping of the Events API. */
export function eventPayload(state: SlackState, event: JsonObject): JsonObject {
  const { team, app } = state.options;
  return {
    token: 'local',
    team_id: team.id,
    context_team_id: team.id,
    context_enterprise_id: null,
    api_app_id: app.id,
    event,
    type: 'event_callback',
    event_id: `Ev0${randomId(9)}`,
    event_time: Math.floor(state.now() / 1000),
    authorizations: [
      {
        enterprise_id: null,
        team_id: team.id,
        user_id: app.botUserId,
        is_bot: true,
        is_enterprise_install: false,
      },
    ],
    is_ext_shared_channel: false,
    event_context: randomUUID(),
  };
}

/** The events that a new, edited or deleted message causes; a mention of the app causes two. */
export function messageEvents(state: SlackState, message: Message, kind: 'post' | 'edit' | 'delete'): JsonObject[] {
  const where = {
    channel: message.channel,
    channel_type: state.workspace.channels.get(message.channel)?.imUser === undefined ? 'channel' : 'im',
  };
  const wire = messageOnWire(message, state);
  if (kind === 'edit') {
    return [{ type: 'message', subtype: 'message_changed', message: wire, hidden: true, ...stamps(state), ...where }];
  }
  if (kind === 'delete') {
    const deleted = { subtype: 'message_deleted', previous_message: wire, deleted_ts: message.ts, hidden: true };
    return [{ type: 'message', ...deleted, ...stamps(state), ...where }];
  }
  const own = { client_msg_id: randomUUID(), event_ts: message.ts, ...where };
  const mention = `<@${state.options.app.botUserId}>`;
  const isMention = message.botId === undefined && message.text.includes(mention);
  return [{ ...wire, ...own }, ...(isMention ? [{ ...wire, ...own, type: 'app_mention' }] : [])];
}

function stamps(state: SlackState): JsonObject {
  const ts = state.workspace.nextTs();
  return { ts, event_ts: ts };
}
