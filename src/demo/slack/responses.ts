import { readArguments } from './api-call.ts';
import type { JsonObject } from './json.ts';
import { readContent } from './message-content.ts';
import { ownDraft } from './methods-chat.ts';
import type { SlackState } from './slack-state.ts';
import type { ResponseTarget } from './tickets.ts';

/** What came of a message sent to a response_url or given with an acknowledgement. */
export type ResponseOutcome = { readonly status: number; readonly error?: string };

/** Answers a POST to a response_url: at most five in 30 minutes, then 404. */
export function useResponseUrl(state: SlackState, secret: string, body: JsonObject): ResponseOutcome {
  const use = state.tickets.useResponse(secret);
  const outcome = 'error' in use ? { status: 404, error: use.error } : postResponse(state, use.target, body);
  if (outcome.error !== undefined) {
    state.violate({ kind: 'refused_response', method: 'response_url', error: outcome.error, detail: '' });
  }
  return outcome;
}

/** Posts, replaces or deletes as the body of a response says; for the person only, unless it says in_channel. */
export function postResponse(state: SlackState, target: ResponseTarget, body: JsonObject): ResponseOutcome {
  const args = readArguments(body);
  const source = target.source && state.workspace.find(target.channel, target.source.ts);
  if (args.flag('delete_original')) {
    if (source === undefined) return { status: 404, error: 'message_not_found' };
    state.workspace.remove(source);
    return { status: 200 };
  }
  const content = readContent(args, { limits: state.limits, files: state.files, use: 'post' });
  if ('error' in content) return { status: 400, error: content.error };
  if (args.flag('replace_original') && target.source !== undefined) {
    if (source === undefined) return { status: 404, error: 'message_not_found' };
    state.workspace.edit(source, content.draft);
    return { status: 200 };
  }
  const threadTs = args.text('thread_ts');
  state.workspace.add(target.channel, {
    ...ownDraft(state, content.draft),
    ...(threadTs === undefined ? {} : { threadTs }),
    ...(args.text('response_type') === 'in_channel' ? {} : { visibleTo: target.userId }),
  });
  return { status: 200 };
}

/** Slack's own words to one person, as Slackbot's ephemeral message. */
export function notice(
  state: SlackState,
  to: { readonly channel: string; readonly userId: string; readonly threadTs?: string },
  text: string,
): void {
  state.workspace.add(to.channel, {
    user: 'USLACKBOT',
    username: 'Slackbot',
    visibleTo: to.userId,
    text,
    ...(to.threadTs === undefined ? {} : { threadTs: to.threadTs }),
  });
}
