import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Installation, startInstallation } from '../../src/demo/installation.ts';
import { hasTool, testTools } from '../support/fleet/tools.ts';

const pictures = join(import.meta.dirname, '..', '..', 'test-results', 'page');
const flags = [
  '--no-sandbox',
  '--headless',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-quic',
  '--no-first-run',
  '--disable-component-update',
  '--disable-sync',
];
const repairMs = 180_000;
let folder: string;
let installation: Installation;
let browser: Browser;
let page: Page;
const died: string[] = [];
const broken: string[] = [];

describe.skipIf(!hasTool('chromium'))('a person on the page, from the first alert to a green thread', () => {
  beforeAll(async () => {
    await mkdir(pictures, { recursive: true });
    folder = await mkdtemp(join(tmpdir(), 'medic-page-'));
    installation = await startInstallation({ folder, slackPort: 0, onDeath: (what) => died.push(what) });
    await installation.alert();
    browser = await chromium.launch({ executablePath: testTools().chromium ?? '', args: flags });
    page = await browser.newPage({ deviceScaleFactor: 1, viewport: { width: 1_280, height: 900 } });
    page.setDefaultTimeout(60_000);
    page.on('pageerror', (error) => broken.push(error.message));
    page.on('console', (line) => void (line.type() === 'error' && broken.push(line.text())));
    await page.goto(installation.slack.url);
  });
  afterAll(async () => {
    await browser?.close();
    await installation?.close();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  const box = (where: 'channel' | 'thread'): Locator => page.getByTestId(`composer-${where}`);
  const thread = (): Locator => page.getByTestId('thread');
  const inThread = (text: string | RegExp): Locator => thread().getByTestId('message').filter({ hasText: text });
  const root = (): Locator => page.getByTestId('messages').first().getByTestId('message').first();
  const whisper = (text: string | RegExp): Locator => page.getByTestId('ephemeral').filter({ hasText: text });
  const shoot = (name: string): Promise<Buffer> => page.screenshot({ path: join(pictures, `${name}.png`) });

  it('finds the alert’s thread open, with what was found and what can be done', async () => {
    await root().filter({ hasText: 'are wrong on 7 of 9 nodes' }).waitFor();
    await shoot('1-first-visit');
    expect(await page.getByTestId('hints').innerText()).toContain('the plans that would mend it');
    await page.getByTestId('hints').getByRole('button').click();
    await root().getByTestId('thread-link').click();
    await inThread('7 findings and 1 unknown node').waitFor();
    await expect
      .poll(() => thread().getByRole('button', { name: 'Approve', exact: true }).count(), { timeout: 60_000 })
      .toBe(3);
    await shoot('2-plans');
  });

  it('types with completion what waits, and reads the answer', async () => {
    await box('channel').fill('/models pen');
    await page.getByTestId('suggestions').getByText('pending').waitFor();
    await shoot('3-completion');
    await box('channel').press('Tab');
    expect(await box('channel').inputValue()).toBe('/models pending ');
    await box('channel').press('Enter');
    await whisper('3 plans wait for a decision').waitFor();
    await shoot('4-pending');
  });

  it('is told kindly that Alice’s yes counts once', async () => {
    const prompt = inThread('keeping the files that are there');
    await prompt.getByRole('button', { name: 'Approve', exact: true }).click();
    await shoot('5-confirm');
    await page.getByTestId('confirm-yes').click();
    await prompt.filter({ hasText: '1 of 2' }).waitFor();
    await prompt.getByRole('button', { name: 'Approve', exact: true }).click();
    await page.getByTestId('confirm-yes').click();
    await whisper(/You have approved plan [0-9a-f]{8} already/).waitFor();
    await shoot('6-refusal');
  });

  it(
    'approves as Alice what she may, and as Bob the rest',
    async () => {
      await inThread('no approval by others needed').getByRole('button', { name: 'Approve', exact: true }).click();
      await inThread(/Done: 2 of 2 nodes verified/).waitFor({ timeout: repairMs });
      await inThread(/Plan [0-9a-f]{8}: set 4 aliases/)
        .getByRole('button', { name: 'Approve', exact: true })
        .click();
      await inThread(/Plan [0-9a-f]{8}: set 4 aliases/)
        .filter({ hasText: '1 of 2' })
        .waitFor();
      await page.getByTestId('person-bob').click();
      await inThread('keeping the files that are there').getByRole('button', { name: 'Approve', exact: true }).click();
      expect(await page.getByTestId('confirm').innerText()).toMatch(/1 node will get other model files/);
      await page.getByTestId('confirm-yes').click();
      await inThread(/Plan [0-9a-f]{8}: set 4 aliases/)
        .getByRole('button', { name: 'Approve', exact: true })
        .click();
      await inThread(/Done: 1 of 1 node verified/).waitFor({ timeout: repairMs });
      await inThread(/Done: 4 of 4 nodes verified/).waitFor({ timeout: repairMs });
      await root()
        .filter({ hasText: /🟢.*right on 8 of 8 nodes that answer, 1 node is unknown/ })
        .waitFor({ timeout: repairMs });
      expect(await thread().getByRole('button', { name: 'Approve', exact: true }).count()).toBe(0);
      await shoot('7-green');
    },
    4 * repairMs,
  );

  it('fits a telephone and the dark', async () => {
    await page.emulateMedia({ colorScheme: 'dark' });
    await shoot('8-dark');
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    await shoot('9-telephone');
    expect(broken).toEqual([]);
    expect(died).toEqual([]);
    expect(installation.slack.violations).toEqual([]);
  });
});
