import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from './metrics.ts';

/** Answers one request to a path of its own. */
export type Route = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** How long requests under way have to be answered when the server closes (ms), and how often finished connections are looked for. */
const CLOSE_MS = 5_000;
const CLOSE_EVERY_MS = 50;

/** Serves `/livez`, `/readyz`, `/metrics` and the routes given by `METHOD /path`. `ready` names the parts that fail. */
export async function startHttp(options: {
  readonly host: string;
  readonly port: number;
  readonly metrics: Metrics;
  readonly ready: () => Promise<readonly string[]>;
  readonly routes: Readonly<Record<string, Route>>;
}): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    answer(request, response, options).catch((error: unknown) => {
      if (!response.headersSent) send(response, 500, { error: 'internal error' });
      else response.destroy(error instanceof Error ? error : undefined);
    });
  });
  server.requestTimeout = 30_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  // A listening TCP server has an AddressInfo, never the path of a pipe.
  const { port } = server.address() as AddressInfo;
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        // A request under way gets its answer; a connection that is kept open does not keep us.
        const idle = setInterval(() => server.closeIdleConnections(), CLOSE_EVERY_MS);
        const hard = setTimeout(() => server.closeAllConnections(), CLOSE_MS);
        server.close(() => {
          clearInterval(idle);
          clearTimeout(hard);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { metrics, ready, routes }: Parameters<typeof startHttp>[0],
): Promise<void> {
  const path = new URL(request.url ?? '/', 'http://localhost').pathname;
  const route = routes[`${request.method ?? 'GET'} ${path}`];
  if (route !== undefined) return route(request, response);
  if (request.method !== 'GET') return send(response, 404, { error: 'no such route' });
  if (path === '/livez') return send(response, 200, { ok: true });
  if (path === '/metrics') {
    response.writeHead(200, { 'content-type': metrics.contentType });
    response.end(await metrics.text());
    return;
  }
  if (path !== '/readyz') return send(response, 404, { error: 'no such route' });
  const failing = await partsFailing(ready);
  send(response, failing.length === 0 ? 200 : 503, { ok: failing.length === 0, failing });
}

async function partsFailing(ready: () => Promise<readonly string[]>): Promise<readonly string[]> {
  try {
    return await ready();
  } catch (error) {
    return [error instanceof Error ? error.message : 'unknown'];
  }
}

/** Sends one JSON object. */
export function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}
