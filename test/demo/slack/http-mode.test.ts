import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { App, HTTPReceiver, LogLevel } from '@slack/bolt';
import { afterEach, expect, it } from 'vitest';
import { slackLimits } from '../../../src/demo/slack/options.ts';
import { createSignedRequests } from '../../../src/demo/slack/signed-requests.ts';
import { ids, startWorkplace, until } from './workplace.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A local Slack that POSTs to a Bolt app with the given secret, both on free ports. */
async function startHttpApp(signingSecret: string) {
  const receiver = new HTTPReceiver({ signingSecret, logLevel: LogLevel.ERROR });
  const server = createServer((request, response) => receiver.requestListener(request, response));
  const slack = await startWorkplace({ requestUrl: `${await listen(server)}slack/events` });
  closing.push(() => slack.close());
  const app = new App({
    token: ids.botToken,
    receiver,
    logLevel: LogLevel.ERROR,
    clientOptions: { slackApiUrl: slack.apiUrl },
  });
  return { app, slack };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  // A server that listens on TCP has a TCP address.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

it('sends signed requests that Bolt verifies, for commands, clicks and events', async () => {
  const { app, slack } = await startHttpApp(ids.secret);
  const seen: string[] = [];
  app.command('/models', async ({ ack, command }) => ack(`heard ${command.text}`));
  app.action('go', async ({ ack, body }) => {
    seen.push(body.user.id);
    await ack();
  });
  app.event('app_mention', async ({ event }) => void seen.push(event.text));

  expect(await slack.as(ids.alice).command(ids.ops, '/models check')).toEqual({ ok: true });
  expect(slack.as(ids.alice).ephemerals(ids.ops)[0]?.text).toBe('heard check');
  const blocks = [
    { type: 'actions', elements: [{ type: 'button', action_id: 'go', text: { type: 'plain_text', text: 'Go' } }] },
  ];
  const other = slack.postAsOther(ids.ops, { name: 'x', botId: 'B0X' }, { text: 'x', blocks });
  expect(await slack.as(ids.bob).click(ids.ops, other.ts, { action_id: 'go' })).toEqual({ ok: true });
  slack.as(ids.bob).say(ids.ops, '@medic hello');
  await until(() => seen.length === 2);
  expect(seen).toEqual([ids.bob, `<@${ids.bot}> hello`]);
});

it('is turned away by an app with another secret, and the person is told', async () => {
  const { app, slack } = await startHttpApp('another secret');
  app.command('/models', async ({ ack }) => ack());
  expect(await slack.as(ids.alice).command(ids.ops, '/models check')).toEqual({ ok: false, error: 'dispatch_failed' });
});

it('gives up after the deadline', async () => {
  const requestUrl = await listen(createServer(() => undefined));
  const carrier = createSignedRequests({
    requestUrl,
    signingSecret: 's',
    limits: { ...slackLimits, ackMs: 60 },
    now: Date.now,
  });
  const envelope = { id: 'e', type: 'events_api', payload: {}, acceptsResponse: false } as const;
  expect(await carrier.send(envelope)).toEqual({ outcome: 'operation_timeout' });
});
