import { mkdtempSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beingWritten } from '../../src/facts/being-written.ts';
import { pathWithout } from '../jobs/node-here.ts';
import { runFact, type ShellOptions } from './run-fact.ts';

const NAMES = ['a.pth', "-it's $(id).pth", 'absent.pth', 'link.pth'];
const [A = '', ODD = ''] = NAMES;
const LONG_AGO_S = 1_700_000_000;
const part = `.${A}.AbC123`;

let folder = '';
let id = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'medic-written-'));
  for (const name of [A, ODD, part]) writeFileSync(join(folder, name), 'bytes');
  symlinkSync(A, join(folder, 'link.pth'));
  const { dev, ino } = statSync(folder);
  id = `${dev}:${ino}`;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Asks while the pause between the two looks does this instead of sleeping; `slept` tells whether there was a pause. */
async function askedDuring(action: string, shell: ShellOptions['shell'] = ['sh']) {
  const own = `#!/bin/sh\ncd '${folder}' || exit 1\n${action}\n: >slept\n`;
  const PATH = pathWithout(folder, [], { sleep: own });
  const seen = await runFact(beingWritten(folder, id, NAMES), { shell, env: { PATH } });
  const slept = statSync(join(folder, 'slept'), { throwIfNoEntry: false }) !== undefined;
  rmSync(join(folder, 'slept'), { force: true });
  return { answers: NAMES.map((name) => seen.get(name)), slept };
}

/** Both files and the temporary, last changed so many seconds ago. */
function lastChanged(secondsAgo: number): void {
  const then = secondsAgo === 0 ? Date.now() / 1_000 : LONG_AGO_S;
  for (const name of [A, ODD, part]) utimesSync(join(folder, name), then, then);
}

describe('what is being written', () => {
  it.each([[['sh']], [['busybox', 'sh']]])('is told from two looks, under %s', async (shell) => {
    const said = async (action: string) => {
      lastChanged(0);
      return (await askedDuring(action, shell)).answers;
    };
    expect(await said(':')).toEqual(['still', 'still', 'still', 'still']);
    expect(await said(`printf more >>'${A}'`)).toEqual(['written', 'still', 'still', 'still']);
    expect(await said(`printf more >>"./-it's \\$(id).pth"`)).toEqual(['still', 'written', 'still', 'still']);
    expect(await said(`printf more >>'${part}'`)).toEqual(['arriving', 'still', 'still', 'still']);
    expect(await said('printf x >.absent.pth.Zz9zZ9')).toEqual(['still', 'still', 'arriving', 'still']);
    expect(await said('mv .absent.pth.Zz9zZ9 absent.pth')).toEqual(['still', 'still', 'written', 'still']);
    expect(await said('rm absent.pth')).toEqual(['still', 'still', 'written', 'still']);
  });

  it('costs no pause where nothing was changed lately', async () => {
    lastChanged(3_600);
    expect(await askedDuring(':')).toEqual({ answers: ['still', 'still', 'still', 'still'], slept: false });
    lastChanged(0);
    expect(await askedDuring(':')).toMatchObject({ slept: true });
  });

  it('is unknown in another folder', async () => {
    await expect(runFact(beingWritten(folder, '1:1', [A]))).rejects.toMatchObject({ reason: 'parse' });
  });
});
