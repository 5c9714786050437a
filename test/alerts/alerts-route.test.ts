import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAlertsRoute, type Sender } from '../../src/alerts/alerts-route.ts';
import type { Alert } from '../../src/alerts/read-alerts.ts';
import { createMetrics, type Metrics } from '../../src/http/metrics.ts';
import { startHttp } from '../../src/http/server.ts';

const TOKEN = 'a-token';
const event = { event_type: 'MODEL_CORRUPTED', payload: { model_id: 'hex8_2p' } };
const auth = { authorization: `Bearer ${TOKEN}` };

let accepted: Alert[] = [];
let server: { readonly port: number; close(): Promise<void> };
let metrics: Metrics;
let nowMs = 0;

async function start(
  but: { senders?: readonly Sender[]; perSecond?: number; accept?: (alert: Alert) => Promise<string> } = {},
): Promise<void> {
  metrics = createMetrics();
  const route = createAlertsRoute({
    senders: but.senders ?? [{ tokens: [TOKEN] }],
    perSecond: but.perSecond ?? 1_000,
    known: () => ({
      models: [{ name: 'hex8_2p', canonical: 'canonical_hex8_2p.pth', alias: 'ringrift_best_hex8_2p.pth' }],
      nodes: [],
    }),
    accept:
      but.accept ??
      (async (alert) => {
        accepted.push(alert);
        return 'i-00000001';
      }),
    count: metrics.alerts,
    nowMs: () => nowMs,
  });
  server = await startHttp({
    host: '127.0.0.1',
    port: 0,
    metrics,
    ready: async () => [],
    routes: { 'POST /alerts': route },
  });
}

function post(body: string, headers: Record<string, string> = auth): Promise<Response> {
  return fetch(`http://127.0.0.1:${server.port}/alerts`, { method: 'POST', body, headers });
}

describe('POST /alerts', () => {
  beforeEach(() => {
    accepted = [];
    nowMs = 5_000;
  });
  afterEach(async () => {
    await server.close();
  });

  it.each<[string, Record<string, string>]>([
    ['no header', {}],
    ['another token', { authorization: 'Bearer another' }],
    ['the token without its word', { authorization: TOKEN }],
    ['another word', { authorization: `Basic ${TOKEN}` }],
    ['a longer token', { authorization: `Bearer ${TOKEN}x` }],
    ['nothing after the word', { authorization: 'Bearer ' }],
  ])('is 401 with %s', async (_, headers) => {
    await start();
    const response = await post(JSON.stringify(event), headers);
    expect(response.status).toBe(401);
    expect(accepted).toEqual([]);
  });

  it('refuses everything when no token is set', async () => {
    await start({ senders: [] });
    for (const value of ['Bearer ', 'Bearer null', `Bearer ${TOKEN}`]) {
      expect((await post(JSON.stringify(event), { authorization: value })).status).toBe(401);
    }
  });

  it.each([
    ['{"a":', '$'],
    ['', '$'],
    ['7', '$'],
    ['"text"', '$'],
    ['null', '$'],
    ['[{}, 7]', '$[1]'],
    ['[[]]', '$[0]'],
  ])('is 400 for %j and tells the path %s', async (body, path) => {
    await start();
    const response = await post(body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ path });
    expect(accepted).toEqual([]);
  });

  it('is 413 above a mebibyte and still takes one of exactly that size', async () => {
    await start();
    const fill = (bytes: number) => JSON.stringify({ title: 'x' }).padEnd(bytes, ' ');
    expect((await post(fill(1_048_577))).status).toBe(413);
    expect((await post(fill(1_048_576))).status).toBe(202);
  });

  it('is 202 for one object and for a list, with the incidents that were opened, each once', async () => {
    await start();
    const one = await post(JSON.stringify(event));
    expect([one.status, await one.json()]).toEqual([202, { accepted: 1, incidents: ['i-00000001'] }]);
    const many = await post(JSON.stringify([event, event, { title: 'x' }]));
    expect(await many.json()).toEqual({ accepted: 3, incidents: ['i-00000001'] });
    expect((await post('[]')).status).toBe(202);
    expect(accepted).toHaveLength(4);
    expect(accepted[0]?.models).toEqual(['hex8_2p']);
  });

  it('is 429 above the limit of a second, with a time to come back, and opens again in the next', async () => {
    await start({ perSecond: 2 });
    const codes = [];
    for (let index = 0; index < 3; index += 1) codes.push((await post(JSON.stringify(event))).status);
    expect(codes).toEqual([202, 202, 429]);
    expect((await post(JSON.stringify(event))).headers.get('retry-after')).toBe('1');
    nowMs += 1_000;
    expect((await post(JSON.stringify(event))).status).toBe(202);
  });

  it('knows each sender by its tokens, two of which are good while one follows the other, and says its name', async () => {
    await start({ senders: [{ name: 'grafana', tokens: ['one-token', 'next-token'] }, { tokens: [TOKEN] }] });
    const as = (token: string) => post(JSON.stringify(event), { authorization: `Bearer ${token}` });
    const codes = [];
    for (const token of ['one-token', 'next-token', TOKEN, 'old-token']) codes.push((await as(token)).status);
    expect(codes).toEqual([202, 202, 202, 401]);
    expect(accepted.map(({ sender }) => sender)).toEqual(['grafana', 'grafana', 'router']);
  });

  it('lets no sender take the place of another one', async () => {
    await start({ perSecond: 2, senders: [{ name: 'wild', tokens: ['wild-token'] }, { tokens: [TOKEN] }] });
    const wild = { authorization: 'Bearer wild-token' };
    const codes = [];
    for (const headers of [wild, wild, wild, {}, {}, {}, auth])
      codes.push((await post(JSON.stringify(event), headers)).status);
    expect(codes).toEqual([202, 202, 429, 401, 401, 429, 202]);
  });

  it('does not say accepted when it could not be kept: the sender has to try again', async () => {
    await start({ accept: () => Promise.reject(new Error('Redis is gone')) });
    const response = await post(JSON.stringify(event));
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('Redis');
  });

  it('counts what was accepted and what was refused', async () => {
    await start();
    await post(JSON.stringify([event, event]));
    await post('nonsense');
    await post('{}');
    const text = await (await fetch(`http://127.0.0.1:${server.port}/metrics`)).text();
    expect(text).toContain('medic_alerts_total{outcome="accepted"} 2');
    expect(text).toContain('medic_alerts_total{outcome="refused"} 1');
    expect(text).toContain('medic_alerts_total{outcome="unrecognised"} 1');
  });
});
