import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody, readFields, sendJson } from './http-body.ts';
import { isObject, type JsonObject, listOf, stringAt } from './json.ts';
import type { Target } from './outcome.ts';
import { snapshotFor } from './page-snapshot.ts';
import type { Person } from './person.ts';
import type { SlackState } from './slack-state.ts';
import type { FormValues } from './view-payloads.ts';

/** The doors of the page below /local/: JSON in, JSON out, and live changes at /local/events. */
export function createLocalDoors(options: {
  readonly state: SlackState;
  readonly people: ReadonlyMap<string, Person>;
}) {
  const { state, people } = options;

  return async function answer(request: IncomingMessage, response: ServerResponse, door: string): Promise<void> {
    if (!isSameOrigin(state, request)) return sendJson(response, 403, { ok: false, error: 'other_origin' });
    if (door === 'events') return streamChanges(state, response);
    if (door === 'people') return sendJson(response, 200, [...people.keys()]);
    const fields = await readFields(request, await readBody(request));
    const userId = stringAt(fields, 'user') ?? '';
    const person = people.get(userId);
    if (person === undefined) return sendJson(response, 404, { ok: false, error: 'user_not_found' });
    if (door === 'state') return sendJson(response, 200, snapshotFor(state, userId));
    if (door === 'complete') {
      const found = (await state.options.completions?.(stringAt(fields, 'text') ?? '', userId)) ?? [];
      return sendJson(response, 200, found);
    }
    // Only a page of this origin can send JSON: a form on a stranger's page cannot.
    if (request.method !== 'POST' || !(request.headers['content-type'] ?? '').startsWith('application/json')) {
      return sendJson(response, 405, { ok: false, error: 'post_json' });
    }
    const done = await act(person, door, fields);
    sendJson(response, done === undefined ? 404 : 200, done ?? { ok: false, error: 'no_such_door' });
  };
}

async function act(person: Person, door: string, fields: JsonObject): Promise<object | undefined> {
  const channel = stringAt(fields, 'channel') ?? '';
  const text = stringAt(fields, 'text') ?? '';
  const threadTs = stringAt(fields, 'thread_ts');
  const ts = stringAt(fields, 'ts') ?? '';
  const viewId = stringAt(fields, 'view_id') ?? '';
  if (door === 'home') {
    person.openHome();
    return { ok: true };
  }
  if (door === 'command') return person.command(channel, text, threadTs);
  if (door === 'say') return { ok: true, ts: person.say(channel, text, threadTs).ts };
  if (door === 'click') return person.click(channel, ts, targetOf(fields));
  if (door === 'choose') return person.choose(channel, ts, targetOf(fields), choiceOf(fields['value']));
  if (door === 'submit') return person.submitView(viewId, formOf(fields['values']));
  if (door === 'close') return person.closeView(viewId);
  if (door === 'click-in-view') return person.clickInView(viewId, targetOf(fields), formOf(fields['values']));
  return undefined;
}

function targetOf(fields: JsonObject): Target {
  const blockId = stringAt(fields, 'block_id');
  return { action_id: stringAt(fields, 'action_id') ?? '', ...(blockId === undefined ? {} : { block_id: blockId }) };
}

function choiceOf(value: unknown): string | readonly string[] {
  return typeof value === 'string' ? value : listOf(value).map(String);
}

function formOf(value: unknown): FormValues {
  if (!isObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value)
      .filter((entry): entry is [string, JsonObject] => isObject(entry[1]))
      .map(([block, inputs]) => [
        block,
        Object.fromEntries(Object.entries(inputs).map(([action, given]) => [action, choiceOf(given)])),
      ]),
  );
}

function isSameOrigin(state: SlackState, request: IncomingMessage): boolean {
  const { host } = new URL(state.baseUrl());
  const port = host.split(':').at(-1);
  const allowed = [host, `localhost:${port}`, `127.0.0.1:${port}`];
  const origin = request.headers.origin;
  if (origin !== undefined && !allowed.includes(origin.replace(/^https?:\/\//, ''))) return false;
  return allowed.includes(request.headers.host ?? '');
}

function streamChanges(state: SlackState, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.write('retry: 1000\n\n');
  const stop = state.workspace.onChange(({ kind, channel, userId }) => {
    response.write(`data: ${JSON.stringify({ kind, channel, userId })}\n\n`);
  });
  response.on('close', stop);
}
