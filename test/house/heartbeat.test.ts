import { createServer, type RequestListener } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { heartbeatTask } from '../../src/house/heartbeat.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** A watchman that answers like this, and what it was asked. */
async function watchman(answer: RequestListener): Promise<{ readonly url: string; readonly asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/ping/secret`, asked };
}

const beat = async (url: string, timeoutMs?: number) => {
  const counted: string[] = [];
  const task = heartbeatTask({
    url,
    count: (result) => counted.push(result),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
  const failure = await task.run().then(
    () => undefined,
    (error: unknown) => String(error),
  );
  return { counted, failure };
};

describe('the heartbeat', () => {
  it('is one GET a minute', async () => {
    const { url, asked } = await watchman((_, response) => response.end('OK'));
    expect(heartbeatTask({ url, count: () => undefined }).everyMs).toBe(60_000);
    expect(await beat(url)).toEqual({ counted: ['ok'], failure: undefined });
    expect(asked).toEqual(['GET /ping/secret']);
  });

  it('follows no redirect', async () => {
    const { url, asked } = await watchman((_, response) => response.writeHead(302, { location: '/elsewhere' }).end());
    expect(await beat(url)).toEqual({ counted: ['failed'], failure: 'Error: the heartbeat was not taken: HTTP 302' });
    expect(asked).toHaveLength(1);
  });

  it.each<[string, RequestListener, RegExp, number?]>([
    ['refuses', (_, response) => response.writeHead(500).end(), /HTTP 500/],
    ['does not answer', () => undefined, /no answer within 300 ms/, 300],
    ['hangs up', (request) => request.socket.destroy(), /no answer$/],
  ])('fails in time where the watchman %s, and its address is in no word', async (_, answer, words, timeoutMs) => {
    const { url } = await watchman(answer);
    const { counted, failure } = await beat(url, timeoutMs);
    expect(counted).toEqual(['failed']);
    expect(failure).toMatch(words);
    expect(failure).not.toContain('secret');
  });
});
