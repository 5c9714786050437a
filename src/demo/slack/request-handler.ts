import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody, readFields, readUpload, sendJson } from './http-body.ts';
import { createLocalDoors } from './local-doors.ts';
import { fileKind, storeUpload } from './methods-files.ts';
import { createPage } from './page-bundle.ts';
import type { Person } from './person.ts';
import { useResponseUrl } from './responses.ts';
import type { SlackState } from './slack-state.ts';
import { createWebApi } from './web-api.ts';

/** The one HTTP handler of a local Slack: Web API, uploads, response_urls, files, the page and its doors. */
export function createRequestHandler(options: {
  readonly state: SlackState;
  readonly people: ReadonlyMap<string, Person>;
  readonly ticketPath: () => string;
}) {
  const { state } = options;
  const webApi = createWebApi(options);
  const doors = createLocalDoors(options);
  const page = createPage();

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [first = '', second = '', third = ''] = pathParts(request);
    if (first === 'api') return webApi(request, response, second);
    if (first === 'upload') {
      const bytes = await readUpload(request, await readBody(request));
      const stored = storeUpload(state, second, third, bytes);
      return void response.writeHead(stored ? 200 : 400).end(stored ? `OK - ${bytes.length}` : 'invalid upload');
    }
    if (first === 'response') {
      const outcome = useResponseUrl(state, second, await readFields(request, await readBody(request)));
      if (outcome.error === undefined) return void response.writeHead(outcome.status).end('ok');
      return sendJson(response, outcome.status, { ok: false, error: outcome.error });
    }
    if (first === 'files') return sendFile(state, response, second);
    if (first === 'local') return doors(request, response, second);
    return page(response, first);
  }

  return (request: IncomingMessage, response: ServerResponse): void => {
    route(request, response).catch((error: unknown) => {
      state.options.logger?.error({ err: error, url: request.url }, 'local Slack request failed');
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  };
}

function pathParts(request: IncomingMessage): readonly string[] {
  return new URL(request.url ?? '/', 'http://local').pathname.split('/').slice(1).map(decodeURIComponent);
}

function sendFile(state: SlackState, response: ServerResponse, id: string): void {
  const file = state.files.get(id);
  if (file?.bytes === undefined) return void response.writeHead(404).end('no such file');
  response.writeHead(200, {
    'content-type': fileKind(file.name).mime,
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'",
  });
  response.end(file.bytes);
}
