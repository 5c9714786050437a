import { generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSshKey } from '../../src/demo/fleet/ssh-key.ts';
import { createClientKeys } from '../../src/ssh/client-keys.ts';

describe('client keys', () => {
  let home: string;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'medic-home-'));
    await mkdir(join(home, '.ssh'));
  });
  afterAll(() => rm(home, { recursive: true }));

  it('takes the usual files when no key is named, as many as there are', async () => {
    const keys = createClientKeys({ home });
    expect(await keys.load(null)).toEqual([]);
    await writeFile(join(home, '.ssh', 'id_ed25519'), createSshKey().privateText);
    expect((await keys.load(null)).map((key) => key.type)).toEqual(['ssh-ed25519']);
  });

  it('reads a key again when its file has changed', async () => {
    const keys = createClientKeys({ home });
    const publicOf = async (): Promise<string | undefined> =>
      (await keys.load('~/key')).map((key) => key.getPublicSSH().toString('base64'))[0];
    for (const comment of ['a', 'longer']) {
      const key = createSshKey(comment);
      await writeFile(join(home, 'key'), key.privateText);
      expect(await publicOf()).toBe(key.publicLine.split(' ')[1]);
      expect(await publicOf()).toBe(key.publicLine.split(' ')[1]);
    }
  });

  it('says what is wrong without saying where', async () => {
    const locked = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
      type: 'pkcs1',
      format: 'pem',
      cipher: 'aes-128-cbc',
      passphrase: 'secret',
    });
    await writeFile(join(home, 'locked'), locked);
    await writeFile(join(home, 'garbage'), 'garbage');
    await writeFile(join(home, 'public'), createSshKey().publicLine);
    const keys = createClientKeys({ home });
    const cases = {
      absent: 'does not have',
      locked: 'passphrase',
      garbage: 'no private key',
      public: 'public key only',
    };
    for (const [name, text] of Object.entries(cases)) {
      const failure = await keys.load(join(home, name)).catch((error: unknown) => error);
      expect(failure).toMatchObject({ reason: 'auth', message: expect.stringContaining(text) });
      expect(String(failure)).not.toContain(home);
    }
  });
});
