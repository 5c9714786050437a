import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileDigests } from '../../src/facts/file-digest.ts';
import { pathWithout } from '../jobs/node-here.ts';
import { runFact } from './run-fact.ts';

const NAMES = ['-n', 'a b.pth', '$(id)', "it's"];
let folder = '';
let id = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'medic-digest-'));
  for (const name of NAMES) writeFileSync(join(folder, name), `bytes of ${name}`);
  mkdirSync(join(folder, 'dir'));
  symlinkSync('-n', join(folder, 'link'));
  const { dev, ino } = statSync(folder);
  id = `${dev}:${ino}`;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('digests of files', () => {
  it.each([
    ['openssl', [], {}],
    ['python3', ['openssl'], {}],
    ['sha256sum', ['openssl', 'python3'], {}],
    ['shasum', ['openssl', 'python3', 'sha256sum'], {}],
    ['python3 where openssl is broken', [], { openssl: '#!/bin/sh\nexit 1\n' }],
  ])('are right by %s', async (_, missing, own) => {
    const PATH = pathWithout(folder, missing, own);
    const seen = await runFact(fileDigests(folder, id, NAMES), { env: { PATH } });
    for (const name of NAMES) {
      const digest = createHash('sha256').update(`bytes of ${name}`).digest('hex');
      expect(seen.get(name)).toMatchObject({ digest });
    }
  });

  it('are unknown, not wrong, without a tool', async () => {
    const PATH = pathWithout(folder, ['openssl', 'python3', 'sha256sum', 'shasum']);
    await expect(runFact(fileDigests(folder, id, NAMES), { env: { PATH } })).rejects.toMatchObject({
      reason: 'no_tool',
    });
    const lying = pathWithout(folder, ['python3', 'sha256sum', 'shasum'], { openssl: '#!/bin/sh\necho none\n' });
    await expect(runFact(fileDigests(folder, id, NAMES), { env: { PATH: lying } })).rejects.toMatchObject({
      reason: 'parse',
    });
  });

  it('are not told of what is no file, of another folder, or of a file that changed meanwhile', async () => {
    const seen = await runFact(fileDigests(folder, id, ['dir', 'link', 'absent', '-n']));
    expect(['dir', 'link', 'absent'].map((name) => seen.get(name))).toEqual(['changed', 'changed', 'changed']);
    await expect(runFact(fileDigests(folder, '1:1', ['-n']))).rejects.toMatchObject({ reason: 'parse' });
    const openssl = '#!/bin/sh\necho x >>./-n\nexec /usr/bin/openssl "$@"\n';
    const PATH = pathWithout(folder, [], { openssl });
    expect((await runFact(fileDigests(folder, id, ['-n']), { env: { PATH } })).get('-n')).toBe('changed');
  });

  it('do not run a module that lies in the models folder', async () => {
    writeFileSync(join(folder, 'hashlib.py'), 'import os\nos.system("touch hacked")\nraise SystemExit(3)\n');
    const PATH = pathWithout(folder, ['openssl']);
    const seen = await runFact(fileDigests(folder, id, ["it's"]), { env: { PATH } });
    expect(seen.get("it's")).not.toBe('changed');
    expect(() => statSync(join(folder, 'hacked'))).toThrow();
  });
});
