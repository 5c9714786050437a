import { readFileSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalName } from '../../src/demo/fleet/models.ts';
import { type Installation, startInstallation } from '../../src/demo/installation.ts';
import { hasTool, testTools } from '../support/fleet/tools.ts';

const pictures = join(import.meta.dirname, '..', '..', 'test-results', 'phone');
const flags = ['--no-sandbox', '--headless', '--disable-gpu', '--disable-background-networking', '--no-first-run'];
const WIDTH = 360;
/** The least that a thumb hits, CSS pixels. */
const THUMB = 40;
const repairMs = 180_000;

describe.skipIf(!hasTool('chromium'))('three incidents on a narrow telephone, by tapping alone', () => {
  let folder: string;
  let installation: Installation;
  let browser: Browser;
  let page: Page;
  const broken: string[] = [];

  beforeAll(async () => {
    await mkdir(pictures, { recursive: true });
    folder = await mkdtemp(join(tmpdir(), 'medic-phone-'));
    installation = await startInstallation({ folder, slackPort: 0, onDeath: (what) => broken.push(what) });
    await installation.alert();
    browser = await chromium.launch({ executablePath: testTools().chromium ?? '', args: flags });
    const viewport = { width: WIDTH, height: 740 };
    const context = await browser.newContext({ viewport, deviceScaleFactor: 1, hasTouch: true, isMobile: true });
    page = await context.newPage();
    page.setDefaultTimeout(60_000);
    page.on('pageerror', (error) => broken.push(error.message));
    await page.goto(installation.slack.url);
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    await installation?.close();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  const thread = (): Locator => page.getByTestId('thread');
  const inThread = (text: string | RegExp): Locator => thread().getByTestId('message').filter({ hasText: text });
  const inChannel = (text: string | RegExp): Locator =>
    page.getByTestId('channel').getByTestId('message').filter({ hasText: text });
  const approve = (prompt: Locator): Locator => prompt.getByRole('button', { name: 'Approve', exact: true });

  /** A picture of a state, and nothing of it is wider than the screen or too small to hit. */
  async function seen(name: string): Promise<void> {
    await page.screenshot({ path: join(pictures, `${name}.png`) });
    expect(await page.evaluate('document.documentElement.scrollWidth'), name).toBeLessThanOrEqual(WIDTH);
    const wide = await page.evaluate(`[...document.querySelectorAll('.message-body, .message-body button, .dialog')]
      .filter((one) => one.getBoundingClientRect().right > ${WIDTH} + 0.5).map((one) => one.textContent.slice(0, 80))`);
    expect(wide, name).toEqual([]);
    const small =
      await page.evaluate(`[...document.querySelectorAll('.message-body .block-kit button, .dialog-buttons button')]
      .filter((one) => one.offsetParent !== null && one.getBoundingClientRect().height < ${THUMB}).map((one) => one.textContent)`);
    expect(small, name).toEqual([]);
  }
  async function be(person: 'alice' | 'bob'): Promise<void> {
    await page.getByTestId(`person-${person}`).tap();
  }
  async function yes(prompt: Locator): Promise<void> {
    await approve(prompt).tap();
    const dialog = page.getByTestId('confirm-yes');
    if (await dialog.isVisible()) await dialog.tap();
  }
  async function open(root: Locator): Promise<void> {
    await root.getByTestId('thread-link').tap();
    await thread().waitFor();
  }

  it('aliases: from the first message over three plans to their receipts', { timeout: 4 * repairMs }, async () => {
    const root = inChannel(/wrong on 7 of 9 nodes/).first();
    await root.waitFor();
    await root.scrollIntoViewIfNeeded();
    await seen('1-1-first-message');
    await open(root);
    await inThread('7 findings and 1 unknown node').waitFor();
    await expect.poll(() => approve(thread()).count(), { timeout: repairMs }).toBe(3);
    await inThread('7 findings and 1 unknown node').scrollIntoViewIfNeeded();
    await seen('1-2-what-was-found');
    const alone = inThread('no approval by others needed');
    await alone.scrollIntoViewIfNeeded();
    await seen('1-3-a-plan');
    await yes(alone);
    for (const words of [/set 4 aliases/, /keeping the files that are there/]) {
      const prompt = inThread(/^.*Plan [0-9a-f]{8}/)
        .filter({ hasText: words })
        .first();
      await yes(prompt);
      await prompt.filter({ hasText: '1 of 2' }).waitFor();
      await be('bob');
      await approve(prompt).scrollIntoViewIfNeeded();
      await seen(`1-4-the-second-person-${words.source.startsWith('set') ? 'aliases' : 'file'}`);
      await yes(prompt);
      await be('alice');
    }
    await expect.poll(() => inThread(/Done: \d of \d/).count(), { timeout: repairMs }).toBe(3);
    await inThread(/Done: 4 of 4 nodes verified/).scrollIntoViewIfNeeded();
    await seen('1-5-receipts');
    await page.getByTestId('thread-close').tap();
    await inChannel(/🟢.*right on 8 of 8 nodes that answer/)
      .first()
      .waitFor({ timeout: repairMs });
    await seen('1-6-green');
  });

  it('a torn file: one plan that one tap runs', { timeout: 2 * repairMs }, async () => {
    const file = join(installation.fleet.node('vast-1').modelsDir, canonicalName('hex8_4p'));
    truncateSync(file, Math.floor(statSync(file).size / 2));
    await installation.alert({ event_type: 'MODEL_CORRUPTED', payload: { model_id: 'hex8_4p' }, source: 'router' });
    const root = inChannel(/hex8_4p is wrong on 1 of 9 nodes/).first();
    await root.waitFor({ timeout: repairMs });
    await open(root);
    const prompt = inThread('no approval by others needed').last();
    await prompt.waitFor({ timeout: repairMs });
    await prompt.scrollIntoViewIfNeeded();
    await seen('2-1-a-torn-file');
    await yes(prompt);
    await inThread(/Done: 1 of 1 node verified/).waitFor({ timeout: repairMs });
    await inThread(/Done: 1 of 1 node verified/).scrollIntoViewIfNeeded();
    await seen('2-2-receipt');
    await page.getByTestId('thread-close').tap();
  });

  it('other bytes of the same size and time: found by their digest, and brought back', {
    timeout: 2 * repairMs,
  }, async () => {
    const file = join(installation.fleet.node('vast-2').modelsDir, canonicalName('square8_2p'));
    const { atime, mtime } = statSync(file);
    const bytes = readFileSync(file);
    bytes[Math.floor(bytes.length / 2)] = (bytes[Math.floor(bytes.length / 2)] ?? 0) ^ 0xff;
    writeFileSync(file, bytes);
    utimesSync(file, atime, mtime);
    await installation.alert({ event_type: 'MODEL_CORRUPTED', payload: { model_id: 'square8_2p' }, source: 'router' });
    const root = inChannel(/square8_2p is wrong on 1 of 9 nodes/).first();
    await root.waitFor({ timeout: repairMs });
    await open(root);
    const prompt = inThread('no approval by others needed').last();
    await prompt.waitFor({ timeout: repairMs });
    await prompt.scrollIntoViewIfNeeded();
    await seen('3-1-other-bytes');
    await yes(prompt);
    await inThread(/Done: 1 of 1 node verified/).waitFor({ timeout: repairMs });
    await inThread(/Done: 1 of 1 node verified/).scrollIntoViewIfNeeded();
    await seen('3-2-receipt');
    await page.getByTestId('thread-close').tap();
    await page.getByTestId('open-home').tap();
    const home = page.getByTestId('home');
    await expect
      .poll(
        async () => {
          await home.getByRole('button', { name: 'Open again' }).tap();
          return home.getByText('No incident is open').count();
        },
        { timeout: repairMs, interval: 2_000 },
      )
      .toBe(1);
    await seen('4-home');
    expect(broken).toEqual([]);
    expect(installation.slack.violations).toEqual([]);
  });
});
