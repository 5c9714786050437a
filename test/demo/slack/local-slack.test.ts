import type { App, BlockAction, ButtonAction } from '@slack/bolt';
import { afterEach, describe, expect, it } from 'vitest';
import type { LocalSlack } from '../../../src/demo/slack/local-slack.ts';
import { ids, startApp, startWorkplace, until } from './workplace.ts';

const open: { slack: LocalSlack; apps: App[] }[] = [];

async function start(listen: (app: App) => void, options: Parameters<typeof startWorkplace>[0] = {}) {
  const slack = await startWorkplace(options);
  const running = { slack, apps: [] as App[] };
  open.push(running);
  running.apps.push(await startApp(slack, listen));
  return slack;
}

afterEach(async () => {
  for (const { slack, apps } of open.splice(0)) {
    for (const app of apps) await app.stop();
    await slack.close();
  }
});

const button = (value: string) => ({
  type: 'actions' as const,
  block_id: 'decide',
  elements: [
    {
      type: 'button' as const,
      action_id: 'approve',
      text: { type: 'plain_text' as const, text: 'Approve' },
      value,
    },
  ],
});

describe('a Bolt app in Socket Mode', () => {
  it('gets a command, answers in the acknowledgement and by response_url', async () => {
    const slack = await start((app) => {
      app.command('/models', async ({ ack, respond, command }) => {
        await ack(`looking: ${command.text}`);
        await respond({ text: 'found', response_type: 'in_channel' });
      });
    });
    expect(await slack.as(ids.alice).command(ids.ops, '/models check hex8_2p')).toEqual({ ok: true });
    const found = await until(() => slack.messages(ids.ops)[0]);
    expect(found.text).toBe('found');
    expect(
      slack
        .as(ids.alice)
        .ephemerals(ids.ops)
        .map((message) => message.text),
    ).toEqual(['looking: check hex8_2p']);
    expect(slack.as(ids.bob).ephemerals(ids.ops)).toEqual([]);
    expect(slack.violations).toEqual([]);
  });

  it('gets a click with the value of the stored button, and edits the message', async () => {
    const seen: unknown[] = [];
    const slack = await start((app) => {
      app.command('/models', async ({ ack, client }) => {
        await ack();
        await client.chat.postMessage({ channel: ids.ops, text: 'plan', blocks: [button('hash-1')] });
      });
      app.action<BlockAction<ButtonAction>>('approve', async ({ ack, action, body, client }) => {
        await ack();
        seen.push([action.value, body.user.id, body.container, body.team?.id]);
        await client.chat.update({ channel: ids.ops, ts: body.message?.['ts'] ?? '', text: 'approved', blocks: [] });
      });
    });
    await slack.as(ids.alice).command(ids.ops, '/models fix');
    const plan = await until(() => slack.messages(ids.ops)[0]);
    expect(await slack.as(ids.bob).click(ids.ops, plan.ts, { action_id: 'approve' })).toEqual({ ok: true });
    await until(() => slack.messages(ids.ops)[0]?.text === 'approved');
    expect(seen).toEqual([
      ['hash-1', ids.bob, { type: 'message', message_ts: plan.ts, channel_id: ids.ops, is_ephemeral: false }, ids.team],
    ]);
    expect(await slack.as(ids.bob).click(ids.ops, plan.ts, { action_id: 'approve' })).toEqual({
      ok: false,
      error: 'message_changed',
    });
  });

  it('opens a modal, complains about an input and takes the second submission', async () => {
    const slack = await start((app) => {
      app.command('/models', async ({ ack, client, command }) => {
        await ack();
        await client.views.open({
          trigger_id: command.trigger_id,
          view: {
            type: 'modal',
            callback_id: 'reject',
            title: { type: 'plain_text', text: 'Reject' },
            submit: { type: 'plain_text', text: 'Reject' },
            blocks: [
              {
                type: 'input',
                block_id: 'why',
                label: { type: 'plain_text', text: 'Why' },
                element: { type: 'plain_text_input', action_id: 'reason' },
              },
            ],
          },
        });
      });
      app.view('reject', async ({ ack, view, client }) => {
        const reason = view.state.values['why']?.['reason']?.value ?? '';
        if (reason === 'no') return ack({ response_action: 'errors', errors: { why: 'say more' } });
        await ack();
        await client.chat.postMessage({ channel: ids.ops, text: `rejected: ${reason}` });
      });
    });
    const alice = slack.as(ids.alice);
    await alice.command(ids.ops, '/models reject');
    const view = await until(() => alice.openViews()[0]);
    expect(slack.as(ids.bob).openViews()).toEqual([]);
    expect(await alice.submitView(view.id, {})).toMatchObject({ ok: false, error: 'errors' });
    expect(await alice.submitView(view.id, { why: { reason: 'no' } })).toMatchObject({ errors: { why: 'say more' } });
    expect(alice.openViews()[0]?.errors).toEqual({ why: 'say more' });
    expect(await alice.submitView(view.id, { why: { reason: 'disk swap' } })).toEqual({ ok: true });
    expect(alice.openViews()).toEqual([]);
    await until(() => slack.messages(ids.ops)[0]?.text === 'rejected: disk swap');
  });

  it('hears a mention in a thread and uploads a file there', async () => {
    const slack = await start((app) => {
      app.event('app_mention', async ({ event, client }) => {
        await client.files.uploadV2({
          channel_id: event.channel,
          thread_ts: event.thread_ts ?? event.ts,
          initial_comment: event.text,
          filename: 'evidence.txt',
          file: Buffer.from('one\ntwo\n'),
        });
      });
    });
    const root = slack.as(ids.alice).say(ids.ops, 'hex8_2p looks <odd>');
    slack.as(ids.bob).say(ids.ops, '@medic check hex8_2p', root.ts);
    const shared = await until(() => slack.thread(ids.ops, root.ts)[2]);
    expect(shared.text).toBe(`<@${ids.bot}> check hex8_2p`);
    expect(shared.files).toMatchObject([{ name: 'evidence.txt', size: 8, preview: 'one\ntwo\n' }]);
    const file = await fetch(String(shared.files[0]?.['url_private']));
    expect(await file.text()).toBe('one\ntwo\n');
    expect(root.text).toBe('hex8_2p looks &lt;odd&gt;');
  });

  it('is refused when it acknowledges after 4 s, and the person is told', async () => {
    const slack = await start((app) => {
      app.command('/models', async ({ ack }) => {
        await new Promise((resolve) => setTimeout(resolve, 4_000));
        await ack('too late');
      });
    });
    expect(await slack.as(ids.alice).command(ids.ops, '/models check')).toEqual({
      ok: false,
      error: 'operation_timeout',
    });
    const late = await until(() => slack.violations.find((violation) => violation.kind === 'late_ack'));
    expect(late.method).toBe('slash_commands');
    expect(
      slack
        .as(ids.alice)
        .ephemerals(ids.ops)
        .map((message) => message.text),
    ).toEqual(['/models failed with the error “operation_timeout”']);
  }, 12_000);

  it('gets an event again that it did not acknowledge', async () => {
    const retries: (number | undefined)[] = [];
    const slack = await startWorkplace({ limits: { ackMs: 100, eventRetriesMs: [0, 50] } });
    open.push({ slack, apps: [] });
    const { SocketModeClient } = await import('@slack/socket-mode');
    const client = new SocketModeClient({ appToken: ids.appToken, clientOptions: { slackApiUrl: slack.apiUrl } });
    client.on('message', ({ retry_num, ack }: { retry_num: number; ack: () => Promise<void> }) => {
      retries.push(retry_num);
      if (retry_num === 2) void ack();
    });
    await client.start();
    slack.as(ids.alice).say(ids.ops, 'hello');
    await until(() => retries.length === 3);
    expect(retries).toEqual([0, 1, 2]);
    await client.disconnect();
  });
});

describe('connections', () => {
  it('deals payloads out to two connections in turn', async () => {
    const seen: string[] = [];
    const listen = (name: string) => (app: App) =>
      app.command('/models', async ({ ack }) => {
        seen.push(name);
        await ack();
      });
    const slack = await start(listen('one'));
    open[0]?.apps.push(await startApp(slack, listen('two')));
    await until(() => slack.connections() === 2);
    for (let turn = 0; turn < 4; turn += 1) await slack.as(ids.alice).command(ids.ops, '/models status');
    expect(seen.toSorted()).toEqual(['one', 'one', 'two', 'two']);
  });

  it('tells the person dispatch_failed without a connection, and works again after a recycle', async () => {
    const slack = await start((app) => app.command('/models', async ({ ack }) => ack()));
    slack.recycleConnections();
    expect(await slack.as(ids.alice).command(ids.ops, '/models status')).toEqual({
      ok: false,
      error: 'dispatch_failed',
    });
    await until(() => slack.connections() === 1, 15_000);
    expect(await slack.as(ids.alice).command(ids.ops, '/models status')).toEqual({ ok: true });
  }, 25_000);
});

describe('what the client itself refuses', () => {
  it('commands in threads and unknown commands', async () => {
    const slack = await startWorkplace();
    open.push({ slack, apps: [] });
    const alice = slack.as(ids.alice);
    const root = alice.say(ids.ops, 'root');
    expect(await alice.command(ids.ops, '/models check', root.ts)).toMatchObject({ error: 'not_supported_in_threads' });
    expect(await alice.command(ids.ops, '/modles check')).toMatchObject({ error: 'unknown_command' });
    expect(alice.ephemerals(ids.ops)).toHaveLength(2);
  });
});
