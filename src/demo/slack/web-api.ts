import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { BOT_SCOPES } from '../../domain/app-manifest.ts';
import { type ApiMethod, type Refused, readArguments, refuse } from './api-call.ts';
import { readBody, readFields, sendJson } from './http-body.ts';
import { channelOf, chatMethods } from './methods-chat.ts';
import { fileMethods } from './methods-files.ts';
import { reactionMethods } from './methods-reactions.ts';
import { readMethods } from './methods-read.ts';
import { viewMethods } from './methods-views.ts';
import type { SlackState } from './slack-state.ts';

const methods = new Map<string, ApiMethod>(
  Object.entries({ ...chatMethods, ...readMethods, ...viewMethods, ...reactionMethods, ...fileMethods }),
);

/** Methods that the app can be granted or not; what its other methods need every installation has. */
const SCOPES: Readonly<Record<string, string>> = {
  'usergroups.list': 'usergroups:read',
  'usergroups.users.list': 'usergroups:read',
};

/** Answers one POST or GET below /api/ the way Slack's Web API does. */
export function createWebApi(options: { readonly state: SlackState; readonly ticketPath: () => string }) {
  const { state } = options;

  function refuseCall(response: ServerResponse, method: string, refused: Refused): void {
    state.violate({ kind: 'refused_call', method, error: refused.error, detail: refused.messages.join('; ') });
    sendRefusal(response, refused);
  }

  return async function answer(request: IncomingMessage, response: ServerResponse, method: string): Promise<void> {
    const fields = await readFields(request, await readBody(request));
    const args = readArguments(fields);
    const fault = state.callFaults.take(method);
    if (fault?.kind === 'rate_limit') return sendRateLimit(response, fault.retryAfterSeconds);
    if (fault?.kind === 'server_error') return void response.writeHead(500).end('internal error');
    if (fault?.kind === 'delay') await sleep(fault.ms);

    const denied = denialOf(state, method, request.headers.authorization ?? args.text('token'));
    if (denied !== undefined) return refuseCall(response, method, denied);
    const handle = methods.get(method);
    if (handle === undefined) return refuseCall(response, method, refuse('unknown_method'));
    const wait = state.rates.secondsToWait(method, channelOf(state, args.text('channel'))?.id);
    if (wait !== undefined) {
      state.violate({ kind: 'refused_call', method, error: 'ratelimited', detail: `Retry-After ${wait}` });
      return sendRateLimit(response, wait);
    }
    response.setHeader('x-oauth-scopes', grantedTo(state).join(','));
    const result = handle({ args, state, ticketPath: options.ticketPath });
    if (fault?.kind === 'drop_answer') return void request.socket.destroy();
    if (!result.ok) return refuseCall(response, method, result);
    sendJson(response, 200, { ok: true, ...result.fields });
  };
}

function denialOf(state: SlackState, method: string, given: string | undefined): Refused | undefined {
  const token = given?.replace(/^Bearer /i, '');
  if (token === undefined || token === '') return refuse('not_authed');
  const { botToken, appToken } = state.options.app;
  if (token !== botToken && token !== appToken) return refuse('invalid_auth');
  const needsAppToken = method === 'apps.connections.open';
  if ((token === appToken) !== needsAppToken) return refuse('not_allowed_token_type');
  const scope = SCOPES[method];
  return scope === undefined || grantedTo(state).includes(scope) ? undefined : refuse('missing_scope');
}

function grantedTo(state: SlackState): readonly string[] {
  return state.options.app.scopes ?? BOT_SCOPES;
}

function sendRateLimit(response: ServerResponse, seconds: number): void {
  response.setHeader('retry-after', String(seconds));
  sendJson(response, 429, { ok: false, error: 'ratelimited' });
}

function sendRefusal(response: ServerResponse, refused: Refused): void {
  const messages = refused.messages;
  sendJson(response, 200, {
    ok: false,
    error: refused.error,
    ...(messages.length > 0
      ? { errors: messages.map((message) => message.replace('[ERROR] ', '')), response_metadata: { messages } }
      : {}),
  });
}
