import { afterEach, describe, expect, it } from 'vitest';
import { createMetrics } from '../../src/http/metrics.ts';
import { send, startHttp } from '../../src/http/server.ts';

let server: Awaited<ReturnType<typeof startHttp>> | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function start(
  but: Partial<Parameters<typeof startHttp>[0]> = {},
): Promise<(path: string, init?: RequestInit) => Promise<Response>> {
  server = await startHttp({
    host: '127.0.0.1',
    port: 0,
    metrics: createMetrics(),
    ready: async () => [],
    routes: {},
    ...but,
  });
  const { port } = server;
  return (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init);
}

describe('the HTTP server', () => {
  it('is alive whatever is not ready', async () => {
    const get = await start({ ready: async () => ['redis'] });
    expect((await get('/livez')).status).toBe(200);
  });

  it.each<[string, () => Promise<readonly string[]>, number, string[]]>([
    ['nothing fails', async () => [], 200, []],
    ['parts fail', async () => ['redis', 'slack: no connection'], 503, ['redis', 'slack: no connection']],
    ['asking fails', () => Promise.reject(new Error('Connection is closed.')), 503, ['Connection is closed.']],
  ])('readyz when %s', async (_, ready, status, failing) => {
    const get = await start({ ready });
    const response = await get('/readyz');
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ ok: status === 200, failing });
  });

  it('gives metrics in Prometheus’ text form', async () => {
    const get = await start();
    const response = await get('/metrics?x=1');
    expect(response.headers.get('content-type')).toContain('text/plain');
    expect(await response.text()).toMatch(/^process_cpu_seconds_total /m);
  });

  it.each([
    ['/nothing', 'GET'],
    ['/livez', 'POST'],
    ['/', 'GET'],
    ['//livez', 'GET'],
    ['/toString', 'GET'],
  ])('knows no %s by %s', async (path, method) => {
    const get = await start();
    const response = await get(path, { method });
    expect(response.status).toBe(404);
  });

  it('answers a route of its own by method and path, and survives one that throws', async () => {
    const get = await start({
      routes: {
        'POST /own': (_, response) => send(response, 201, { own: true }),
        'GET /broken': () => Promise.reject(new Error('secret detail')),
      },
    });
    expect((await get('/own', { method: 'POST' })).status).toBe(201);
    expect((await get('/own')).status).toBe(404);
    const broken = await get('/broken');
    expect(broken.status).toBe(500);
    expect(await broken.text()).not.toContain('secret');
    expect((await get('/livez')).status).toBe(200);
  });

  it('tells when its port is taken', async () => {
    await start();
    const port = server?.port ?? 0;
    await expect(
      startHttp({ host: '127.0.0.1', port, metrics: createMetrics(), ready: async () => [], routes: {} }),
    ).rejects.toThrow('EADDRINUSE');
  });
});
