import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSigner, openVerifier, publicKeyFolder } from '../../src/keys/approval-keys.ts';
import { anApproval, aPlan, MALLORY } from '../support/builders/plans.ts';

let stateDir = '';
let children: ChildProcess[] = [];
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'medic-keys-'));
  children = [];
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(stateDir, { recursive: true, force: true });
});

const approval = anApproval(aPlan());
const modeOf = (path: string): string => (statSync(join(stateDir, path)).mode & 0o777).toString(8);

describe('an approval', () => {
  it('is valid as it was signed, by either key, also after a way through JSON', () => {
    const verifier = openVerifier(publicKeyFolder(stateDir));
    for (const name of ['bot', 'shell'] as const) {
      const signed = openSigner(stateDir, name).sign(approval);
      expect(verifier.valid(JSON.parse(JSON.stringify(signed)))).toBe(true);
    }
  });

  it.each([
    ['another plan', { plan: 'f'.repeat(64) }],
    ['another request', { request: 'f'.repeat(32) }],
    ['another cluster', { cluster: 'other' }],
    ['another requester', { requester: MALLORY }],
    ['an approver more', { approvers: [...approval.approvers, MALLORY] }],
    ['a later end', { notAfter: '2099-01-01T00:00:00.000Z' }],
  ])('is forged with %s', (_, but) => {
    const signed = openSigner(stateDir, 'bot').sign(approval);
    expect(openVerifier(publicKeyFolder(stateDir)).valid({ ...signed, approval: { ...approval, ...but } })).toBe(false);
  });

  it('is forged when a stranger signed it, or under another name than the key’s', () => {
    const stranger = mkdtempSync(join(tmpdir(), 'medic-stranger-'));
    try {
      const verifier = openVerifier(publicKeyFolder(stateDir));
      const own = openSigner(stateDir, 'bot').sign(approval);
      openSigner(stateDir, 'shell');
      expect(verifier.valid(openSigner(stranger, 'bot').sign(approval))).toBe(false);
      expect(verifier.valid({ ...own, key: 'shell' })).toBe(false);
      expect(verifier.valid({ ...own, key: '../private/bot' })).toBe(false);
      expect(verifier.valid({ ...own, signature: '' })).toBe(false);
      expect(verifier.valid({ ...own, signature: 'not base64 ???' })).toBe(false);
    } finally {
      rmSync(stranger, { recursive: true, force: true });
    }
  });

  it('is worth nothing to a worker that has no key, and is judged by a key that came later', () => {
    const folder = join(stateDir, 'given');
    const verifier = openVerifier(folder);
    const signed = openSigner(stateDir, 'bot').sign(approval);
    expect(verifier.valid(signed)).toBe(false);
    mkdirSync(folder);
    copyFileSync(join(publicKeyFolder(stateDir), 'bot.pem'), join(folder, 'bot.pem'));
    expect(verifier.valid(signed)).toBe(true);
  });

  it('is not judged by what is no key', () => {
    const signed = openSigner(stateDir, 'bot').sign(approval);
    writeFileSync(join(publicKeyFolder(stateDir), 'broken.pem'), 'not a key');
    expect(openVerifier(publicKeyFolder(stateDir)).valid({ ...signed, key: 'broken' })).toBe(false);
    expect(openVerifier(publicKeyFolder(stateDir)).valid(signed)).toBe(true);
  });
});

describe('the private key', () => {
  it('can be read by its owner only, and its public half is no secret', () => {
    openSigner(stateDir, 'bot');
    expect([modeOf('private'), modeOf('private/bot.pem'), modeOf('public'), modeOf('public/bot.pem')]).toEqual([
      '700',
      '600',
      '755',
      '644',
    ]);
    expect(readFileSync(join(stateDir, 'public', 'bot.pem'), 'utf8')).toContain('PUBLIC KEY');
    expect(readFileSync(join(stateDir, 'public', 'bot.pem'), 'utf8')).not.toContain('PRIVATE');
  });

  it('is made once and kept', () => {
    const first = openSigner(stateDir, 'bot').sign(approval);
    expect(openSigner(stateDir, 'bot').sign(approval)).toEqual(first);
    expect(readdirSync(join(stateDir, 'private'))).toEqual(['bot.pem']);
  });

  it('is one key for processes that start at once', async () => {
    const program = `
      import { openSigner } from ${JSON.stringify(new URL('../../src/keys/approval-keys.ts', import.meta.url).href)};
      process.stdout.write(openSigner(${JSON.stringify(stateDir)}, 'bot').sign(${JSON.stringify(approval)}).signature);`;
    const signatures = await Promise.all([0, 1, 2].map(() => outputOf(program)));
    expect(new Set(signatures).size).toBe(1);
    expect(
      openVerifier(publicKeyFolder(stateDir)).valid({ approval, key: 'bot', signature: signatures[0] ?? '' }),
    ).toBe(true);
    expect(readdirSync(join(stateDir, 'private'))).toEqual(['bot.pem']);
  });
});

async function outputOf(program: string): Promise<string> {
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  expect(await once(child, 'close')).toEqual([0, null]);
  return text;
}
