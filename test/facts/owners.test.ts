import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { nameOwners } from '../../src/facts/owners.ts';
import { pathWithout } from '../jobs/node-here.ts';
import { runFact } from './run-fact.ts';

const NAMES = ['a.pth', "-it's $(id).pth", 'dangling.pth', 'absent.pth'];

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'medic-owners-'));
  for (const name of NAMES.slice(0, 2)) writeFileSync(join(folder, name), 'bytes');
  symlinkSync('nowhere', join(folder, 'dangling.pth'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('tells whose each name is, links themselves, and nothing of what is not there', async () => {
  const { username } = userInfo();
  const owners = await runFact(nameOwners(folder, NAMES));
  expect([...owners]).toEqual(NAMES.slice(0, 3).map((name) => [name, username]));
});

it('says nothing of an owner that is no name, and nothing at all where nobody can tell', async () => {
  const strange = pathWithout(folder, [], { stat: "#!/bin/sh\nprintf '<!channel> x\\n'\n" });
  expect((await runFact(nameOwners(folder, NAMES), { env: { PATH: strange } })).size).toBe(0);
  await expect(runFact(nameOwners(join(folder, 'gone'), NAMES))).rejects.toThrow('nobody can tell whose');
  expect(() => nameOwners(null, NAMES)).toThrow('no models folder');
});
