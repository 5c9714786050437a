import { WebClient } from '@slack/web-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LocalSlack } from '../../../src/demo/slack/local-slack.ts';
import { call, ids, startApp, startWorkplace, until } from './workplace.ts';

let slack: LocalSlack;
let time = Date.parse('2026-01-05T03:12:00Z');

beforeEach(async () => {
  time = Date.parse('2026-01-05T03:12:00Z');
  slack = await startWorkplace({ clock: () => time });
});
afterEach(() => slack.close());

const post = (fields: object) => call(slack, 'chat.postMessage', { channel: ids.ops, ...fields });

describe('refusals', () => {
  it.each([
    ['no token', '', 'chat.postMessage', 'not_authed'],
    ['an unknown token', 'xoxb-other', 'chat.postMessage', 'invalid_auth'],
    ['the app token for a message', ids.appToken, 'chat.postMessage', 'not_allowed_token_type'],
    ['the bot token for a socket', ids.botToken, 'apps.connections.open', 'not_allowed_token_type'],
    ['a method that does not exist', ids.botToken, 'chat.shout', 'unknown_method'],
  ])('%s', async (_, token, method, error) => {
    const answer = await call(slack, method, { channel: ids.ops, text: 'x' }, token);
    expect(answer.body).toMatchObject({ ok: false, error });
    expect(slack.messages(ids.ops)).toEqual([]);
    expect(slack.violations).toMatchObject([{ kind: 'refused_call', method, error }]);
  });

  it.each([
    ['chat.postMessage', { channel: 'C0NONE', text: 'x' }, 'channel_not_found'],
    ['chat.postMessage', { channel: ids.ops }, 'no_text'],
    ['chat.postMessage', { channel: ids.ops, blocks: '{not json' }, 'invalid_blocks_format'],
    ['chat.postMessage', { channel: ids.ops, text: 'x', metadata: { event_type: 'a' } }, 'invalid_metadata_format'],
    ['chat.update', { channel: ids.ops, ts: '1.2', text: 'x' }, 'message_not_found'],
    ['conversations.replies', { channel: ids.ops, ts: '1.2' }, 'thread_not_found'],
    ['users.info', { user: 'U0NOBODY' }, 'user_not_found'],
    ['views.open', { trigger_id: 'x' }, 'invalid_arguments'],
    ['views.publish', { user_id: ids.alice, view: '{"type":"modal","blocks":[]}' }, 'invalid_arguments'],
    ['views.publish', { user_id: 'U0NOBODY', view: '{"type":"home","blocks":[]}' }, 'user_not_found'],
    ['files.completeUploadExternal', { files: [{ id: 'F0NONE' }], channel_id: ids.ops }, 'file_not_found'],
  ])('%s %o', async (method, fields, error) => {
    expect((await call(slack, method, fields)).body).toMatchObject({ ok: false, error });
  });

  it('a section of 3,001 characters, naming the place; 3,000 are taken', async () => {
    const section = (length: number) => [{ type: 'section', text: { type: 'mrkdwn', text: 'x'.repeat(length) } }];
    expect((await post({ text: 'x', blocks: section(3_000) })).body['ok']).toBe(true);
    expect((await post({ text: 'x', blocks: JSON.stringify(section(3_001)) })).body).toMatchObject({
      error: 'invalid_blocks',
      response_metadata: {
        messages: ['[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]'],
      },
    });
  });

  it('blocks of more than 12,000 characters in all, and an update of more than 4,000', async () => {
    const section = { type: 'section', text: { type: 'mrkdwn', text: 'x'.repeat(2_500) } };
    expect((await post({ text: 'x', blocks: Array(5).fill(section) })).body).toMatchObject({
      error: 'msg_blocks_too_long',
    });
    const { body } = await post({ text: 'x', blocks: Array(4).fill(section) });
    expect(body['ok']).toBe(true);
    const update = { channel: ids.ops, ts: body['ts'], text: 'x'.repeat(4_001) };
    expect((await call(slack, 'chat.update', update)).body).toMatchObject({ error: 'msg_too_long' });
  });

  it("other people's messages and ephemerals cannot be edited", async () => {
    const said = slack.as(ids.alice).say(ids.ops, 'mine');
    expect((await call(slack, 'chat.update', { channel: ids.ops, ts: said.ts, text: 'x' })).body).toMatchObject({
      error: 'cant_update_message',
    });
    const { body } = await call(slack, 'chat.postEphemeral', { channel: ids.ops, user: ids.bob, text: 'psst' });
    const edit = { channel: ids.ops, ts: body['message_ts'], text: 'x' };
    expect((await call(slack, 'chat.update', edit)).body).toMatchObject({ error: 'message_not_found' });
  });

  it('the same reaction twice', async () => {
    const { body } = await post({ text: 'x' });
    const reaction = { channel: ids.ops, timestamp: body['ts'], name: 'eyes' };
    expect((await call(slack, 'reactions.add', reaction)).body['ok']).toBe(true);
    expect((await call(slack, 'reactions.add', reaction)).body).toMatchObject({ error: 'already_reacted' });
  });
});

describe('rates', () => {
  it('posts: four at once, then one a second a channel, 429 with Retry-After in between', async () => {
    for (let sent = 0; sent < 4; sent += 1) expect((await post({ text: `${sent}` })).status).toBe(200);
    expect(await post({ text: 'too soon' })).toMatchObject({
      status: 429,
      retryAfter: '1',
      body: { error: 'ratelimited' },
    });
    expect((await call(slack, 'chat.postMessage', { channel: ids.alerts, text: 'x' })).status).toBe(200);
    time += 1_000;
    expect((await post({ text: 'in time' })).status).toBe(200);
    expect((await post({ text: 'too soon' })).status).toBe(429);
    expect(slack.messages(ids.ops)).toHaveLength(5);
  });

  it('edits: fifty in a minute for the whole app', async () => {
    const { body } = await post({ text: 'x' });
    const edit = () => call(slack, 'chat.update', { channel: ids.ops, ts: body['ts'], text: 'y' });
    for (let sent = 0; sent < 50; sent += 1) expect((await edit()).status).toBe(200);
    time += 20_000;
    expect(await edit()).toMatchObject({ status: 429, retryAfter: '40' });
    time += 40_000;
    expect((await edit()).status).toBe(200);
  });
});

describe('planted faults', () => {
  it('a call whose answer is lost was carried out, and its repetition is a second message', async () => {
    slack.faults.dropAnswer('chat.postMessage', 1);
    const client = new WebClient(ids.botToken, {
      slackApiUrl: slack.apiUrl,
      retryConfig: { retries: 1, minTimeout: 1 },
    });
    await client.chat.postMessage({ channel: ids.ops, text: 'once' });
    expect(slack.messages(ids.ops).map((message) => message.text)).toEqual(['once', 'once']);
  });

  it('429, 500 and a late answer, each as often as it was planted', async () => {
    slack.faults.rateLimit('chat.postMessage', 1, 7);
    slack.faults.serverError('chat.postMessage', 1);
    slack.faults.delay('chat.postMessage', 1, 80);
    expect(await post({ text: 'a' })).toMatchObject({ status: 429, retryAfter: '7' });
    await expect(post({ text: 'b' })).rejects.toThrow();
    const before = performance.now();
    expect((await post({ text: 'c' })).status).toBe(200);
    expect(performance.now() - before).toBeGreaterThan(70);
    expect(slack.messages(ids.ops).map((message) => message.text)).toEqual(['c']);
    // What Slack itself got wrong is not held against the app.
    expect(slack.violations).toEqual([]);
  });
});

describe('reading back', () => {
  it('metadata only when asked for, threads oldest first, history newest first by pages', async () => {
    const metadata = { event_type: 'medic', event_payload: { key: 'k1' } };
    const { body } = await post({ text: 'root', metadata });
    time += 2_000;
    await post({ text: 'reply', thread_ts: body['ts'] });
    await post({ text: 'second root' });
    const thread = await call(slack, 'conversations.replies', {
      channel: ids.ops,
      ts: body['ts'],
      include_all_metadata: true,
    });
    expect(thread.body['messages']).toMatchObject([{ text: 'root', metadata, reply_count: 1 }, { text: 'reply' }]);
    const client = new WebClient(ids.botToken, { slackApiUrl: slack.apiUrl });
    const texts: (string | undefined)[] = [];
    for await (const page of client.paginate('conversations.history', { channel: ids.ops, limit: 1 })) {
      // The client types every page alike; the messages are only compared.
      const { messages = [] } = page as { messages?: { text?: string; metadata?: object }[] };
      texts.push(...messages.map((message) => message.text));
      expect(messages.every((message) => message.metadata === undefined)).toBe(true);
    }
    expect(texts).toEqual(['second root', 'root']);
  });

  it('a guest as Slack tells it', async () => {
    const { body } = await call(slack, 'users.info', { user: ids.guest });
    expect(body['user']).toMatchObject({ is_restricted: true, is_bot: false, deleted: false });
  });
});

describe('tickets', () => {
  it('a response_url works five times in 30 minutes, then 404', async () => {
    const urls: string[] = [];
    const app = await startApp(slack, (bolt) =>
      bolt.command('/models', async ({ ack, command }) => {
        urls.push(command.response_url);
        await ack();
      }),
    );
    await slack.as(ids.alice).command(ids.ops, '/models help');
    await slack.as(ids.alice).command(ids.ops, '/models help');
    const use = (url = '') =>
      fetch(url, { method: 'POST', body: '{"text":"hi"}', headers: { 'content-type': 'application/json' } });
    for (let times = 0; times < 5; times += 1) expect((await use(urls[0])).status).toBe(200);
    const sixth = await use(urls[0]);
    expect([sixth.status, await sixth.json()]).toEqual([404, { ok: false, error: 'used_url' }]);
    time += 31 * 60_000;
    expect((await use(urls[1])).status).toBe(404);
    expect(slack.as(ids.alice).ephemerals(ids.ops)).toHaveLength(5);
    await app.stop();
  });

  it('a trigger opens one modal, within three seconds', async () => {
    const triggers: string[] = [];
    const app = await startApp(slack, (bolt) =>
      bolt.command('/models', async ({ ack, command }) => {
        triggers.push(command.trigger_id);
        await ack();
      }),
    );
    const alice = slack.as(ids.alice);
    await alice.command(ids.ops, '/models help');
    await alice.command(ids.ops, '/models help');
    const view = { type: 'modal', title: { type: 'plain_text', text: 'T' }, blocks: [] };
    const openView = (trigger_id = '', definition: object = view) =>
      call(slack, 'views.open', { trigger_id, view: definition });
    expect(
      (await openView(triggers[0], { ...view, title: { type: 'plain_text', text: 'x'.repeat(25) } })).body,
    ).toMatchObject({ error: 'invalid_arguments' });
    expect((await openView(triggers[0])).body['ok']).toBe(true);
    expect((await openView(triggers[0])).body).toMatchObject({ error: 'exchanged_trigger_id' });
    time += 3_001;
    expect((await openView(triggers[1])).body).toMatchObject({ error: 'expired_trigger_id' });
    await until(() => alice.openViews().length === 1);
    await app.stop();
  });
});
