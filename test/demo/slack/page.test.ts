import { existsSync } from 'node:fs';
import type { App } from '@slack/bolt';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalSlack } from '../../../src/demo/slack/local-slack.ts';
import { ids, startApp, startWorkplace, until } from './workplace.ts';

const executablePath = '/usr/bin/chromium';
let slack: LocalSlack;
let app: App;
let browser: Browser;
let page: Page;
const outside: string[] = [];
const broken: string[] = [];
const chosen: string[] = [];

const button = (action: string, more: object = {}) => ({
  type: 'button' as const,
  action_id: action,
  text: { type: 'plain_text' as const, text: action },
  ...more,
});
const option = (value: string) => ({ text: { type: 'plain_text' as const, text: value }, value });
const confirm = {
  title: { type: 'plain_text' as const, text: 'Really?' },
  text: { type: 'mrkdwn' as const, text: 'It changes *3 nodes*.' },
  confirm: { type: 'plain_text' as const, text: 'Yes' },
  deny: { type: 'plain_text' as const, text: 'No' },
};
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

function listen(bolt: App): void {
  bolt.command('/models', async ({ ack, command, client }) => {
    await ack(`heard ${command.text}`);
    const root = await client.chat.postMessage({ channel: ids.ops, text: ':red_circle: *hex8_2p is wrong*' });
    const silence = { type: 'static_select' as const, action_id: 'silence', options: [option('1 h'), option('2 h')] };
    const elements = [button('approve', { confirm }), button('reject'), silence];
    const plan = { text: 'plan', blocks: [{ type: 'actions' as const, block_id: 'decide', elements }] };
    await client.chat.postMessage({ channel: ids.ops, thread_ts: root.ts ?? '', ...plan });
    await client.files.uploadV2({ channel_id: ids.ops, thread_ts: root.ts ?? '', filename: 'map.png', file: png });
  });
  bolt.action('approve', async ({ ack, body, client }) => {
    await ack();
    const ts = 'message' in body ? (body.message?.['ts'] ?? '') : '';
    await client.chat.update({ channel: ids.ops, ts, text: `approved by <@${body.user.id}>`, blocks: [] });
  });
  bolt.action('silence', async ({ ack, payload }) => {
    if ('selected_option' in payload && payload.selected_option !== null)
      chosen.push(payload.selected_option.value ?? '');
    await ack();
  });
  bolt.action('reject', async ({ ack, body, client }) => {
    await ack();
    const input = { type: 'plain_text_input' as const, action_id: 'reason' };
    const label = { type: 'plain_text' as const, text: 'Why' };
    await client.views.open({
      trigger_id: 'trigger_id' in body ? (body.trigger_id ?? '') : '',
      view: {
        type: 'modal',
        callback_id: 'reject',
        title: { type: 'plain_text', text: 'Reject' },
        submit: { type: 'plain_text', text: 'Send' },
        blocks: [{ type: 'input', block_id: 'why', label, element: input }],
      },
    });
  });
  bolt.view('reject', async ({ ack, view, client }) => {
    const reason = view.state.values['why']?.['reason']?.value ?? '';
    if (reason === 'no') return ack({ response_action: 'errors', errors: { why: 'Say more.' } });
    await ack();
    await client.chat.postMessage({ channel: ids.ops, text: `rejected: ${reason}` });
  });
}

describe.skipIf(!existsSync(executablePath))('the page, in Chromium', () => {
  beforeAll(async () => {
    slack = await startWorkplace({
      hints: ['Type /models check'],
      completions: async (text) =>
        ['/models check ', '/models fix ']
          .filter((insert) => insert.startsWith(text))
          .map((insert) => ({ insert, label: insert, detail: 'a command' })),
    });
    app = await startApp(slack, listen);
    const args = ['--no-sandbox', '--headless', '--disable-gpu', '--disable-background-networking'];
    browser = await chromium.launch({ executablePath, args });
    page = await browser.newPage();
    page.setDefaultTimeout(8_000);
    page.on('request', (request) => {
      if (!request.url().startsWith(slack.url) && !request.url().startsWith('data:')) outside.push(request.url());
    });
    page.on('pageerror', (error) => broken.push(error.message));
    page.on('console', (line) => void (line.type() === 'error' && broken.push(line.text())));
    await page.goto(slack.url);
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    await app?.stop();
    await slack?.close();
  });

  const box = () => page.getByTestId('composer-channel');
  const thread = () => page.getByTestId('thread');

  it('completes a command by keyboard, sends it, and shows the answer to its sender only', async () => {
    await page.getByTestId('hints').getByRole('button').click();
    await box().fill('/models ch');
    await page.getByTestId('suggestions').getByText('/models check').waitFor();
    await box().press('Tab');
    await box().pressSequentially('hex8_2p');
    await box().press('Enter');
    await page.getByTestId('ephemeral').getByText('heard check hex8_2p').waitFor();
    expect(await page.title()).toBe('#incidents – local Slack');
    expect(await page.getByTestId('message').first().innerText()).toMatch(/🔴\s*hex8_2p is wrong/);
    await page.getByTestId('person-bob').click();
    await page.getByTestId('ephemeral').waitFor({ state: 'detached' });
  });

  it('opens the thread, shows the picture, and chooses from a menu', async () => {
    await page.getByTestId('thread-link').getByText('2 replies').click();
    const picture = thread().getByTestId('file').locator('img');
    await picture.waitFor();
    expect(await picture.evaluate((img) => 'naturalWidth' in img && img.naturalWidth)).toBe(1);
    await thread().locator('#static_select_dropdown_button').click();
    await thread().getByText('2 h', { exact: true }).click();
    await until(() => chosen.length === 1);
    expect(chosen).toEqual(['2 h']);
  });

  it('fills in a modal, sees the complaint beside the input, and sends it', async () => {
    await thread().getByRole('button', { name: 'reject' }).click();
    const modal = page.getByTestId('modal');
    await modal.getByTestId('modal-submit').click();
    await modal.getByText('Please complete this required field.').waitFor();
    await modal.getByLabel('Why').fill('no');
    await modal.getByTestId('modal-submit').click();
    await modal.getByText('Say more.').waitFor();
    await modal.getByLabel('Why').fill('disk swap');
    await modal.getByLabel('Why').press('Enter');
    await modal.waitFor({ state: 'detached' });
    await page.getByTestId('messages').first().getByText('rejected: disk swap').waitFor();
  });

  it('asks before it approves, and sees the edit live', async () => {
    await thread().getByRole('button', { name: 'approve' }).click();
    await page.getByTestId('confirm').getByRole('button', { name: 'No' }).click();
    expect(slack.messages(ids.ops)).toHaveLength(2);
    await thread().getByRole('button', { name: 'approve' }).click();
    await page.getByTestId('confirm-yes').click();
    // The library draws a mention as an element of its own inside the sentence.
    await expect.poll(() => thread().innerText(), { timeout: 8_000 }).toMatch(/approved by\s@bob/);
    expect(await thread().getByRole('button', { name: 'approve' }).count()).toBe(0);
  });

  it('mentions the app in a thread, fits a telephone, and asks nobody else for anything', async () => {
    await page.getByTestId('composer-thread').fill('@medic fix');
    await page.getByTestId('composer-thread').press('Enter');
    await thread().getByText('@medic fix').waitFor();
    expect(slack.violations).toEqual([]);
    await page.setViewportSize({ width: 390, height: 800 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    await page.getByTestId('thread-close').click();
    expect(outside).toEqual([]);
    expect(broken).toEqual([]);
  });
});

it('takes nothing from other origins', async () => {
  const own = await startWorkplace();
  const say = (headers: { [name: string]: string }) =>
    fetch(`${own.url}local/say`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ user: ids.alice, channel: ids.ops, text: 'hi' }),
    });
  expect((await say({ 'content-type': 'application/json', origin: 'https://evil.example' })).status).toBe(403);
  expect((await say({ 'content-type': 'text/plain' })).status).not.toBe(200);
  expect(own.messages(ids.ops)).toEqual([]);
  expect((await say({ 'content-type': 'application/json' })).status).toBe(200);
  await own.close();
});
