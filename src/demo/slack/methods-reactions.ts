import { type ApiAnswer, type ApiCall, type ApiMethod, accept, refuse } from './api-call.ts';
import { channelOf } from './methods-chat.ts';
import { messageOnWire } from './wire.ts';
import type { Message } from './workspace.ts';

/** reactions.*: emoji under messages. */
export const reactionMethods: { readonly [method: string]: ApiMethod } = {
  'reactions.add': (call) =>
    withReaction(call, (message, name, users) => {
      const me = call.state.options.app.botUserId;
      if (users.includes(me)) return refuse('already_reacted');
      call.state.workspace.react(message, withUsers(message, name, [...users, me]));
      return accept();
    }),
  'reactions.remove': (call) =>
    withReaction(call, (message, name, users) => {
      const me = call.state.options.app.botUserId;
      if (!users.includes(me)) return refuse('no_reaction');
      const left = users.filter((user) => user !== me);
      call.state.workspace.react(message, withUsers(message, name, left));
      return accept();
    }),
  'reactions.get': (call) => {
    const message = targetOf(call);
    if (message === undefined) return refuse('message_not_found');
    return accept({ type: 'message', channel: message.channel, message: messageOnWire(message, call.state) });
  },
};

function targetOf({ args, state }: ApiCall): Message | undefined {
  const channel = channelOf(state, args.text('channel'));
  const message = channel && state.workspace.find(channel.id, args.text('timestamp') ?? '');
  return message?.visibleTo === undefined ? message : undefined;
}

function withReaction(
  call: ApiCall,
  answer: (message: Message, name: string, users: readonly string[]) => ApiAnswer,
): ApiAnswer {
  const name = call.args.text('name')?.replaceAll(':', '');
  if (name === undefined || !/^[a-z0-9_+'-]+$/.test(name)) return refuse('invalid_name');
  const message = targetOf(call);
  if (message === undefined) return refuse('message_not_found');
  const users = message.reactions.find((reaction) => reaction.name === name)?.users ?? [];
  return answer(message, name, users);
}

function withUsers(message: Message, name: string, users: readonly string[]): Message['reactions'] {
  const others = message.reactions.filter((reaction) => reaction.name !== name);
  return users.length === 0 ? others : [...others, { name, users }];
}
