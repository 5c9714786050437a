import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openFileJournal } from '../../src/keys/file-journal.ts';
import { REQUEST } from '../support/builders/plans.ts';

let folder = '';
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'medic-journal-')), 'requests');
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

describe('the journal of requests', () => {
  it('lets a request begin once, and remembers it after a restart', async () => {
    expect(await openFileJournal(folder).begun(REQUEST)).toBe(false);
    expect(await openFileJournal(folder).begin(REQUEST)).toBe(true);
    expect(await openFileJournal(folder).begin(REQUEST)).toBe(false);
    expect(await openFileJournal(folder).begun(REQUEST)).toBe(true);
    expect(await openFileJournal(folder).begin('f'.repeat(32))).toBe(true);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it('lets one of many at once begin, in one process and in two', async () => {
    const journal = openFileJournal(folder);
    const here = await Promise.all(Array.from({ length: 20 }, () => journal.begin(REQUEST)));
    expect(here.filter((first) => first)).toHaveLength(1);
    const program = `
      import { openFileJournal } from ${JSON.stringify(new URL('../../src/keys/file-journal.ts', import.meta.url).href)};
      const journal = openFileJournal(${JSON.stringify(folder)});
      let first = 0;
      for (let id = 0; id < 100; id += 1) if (await journal.begin(id.toString(16).padStart(32, '0'))) first += 1;
      process.stdout.write(String(first));`;
    const counts = await Promise.all([outputOf(program), outputOf(program)]);
    expect(Number(counts[0]) + Number(counts[1])).toBe(100);
  });

  it.each(['', '..', '../outside', 'A'.repeat(32), `${'a'.repeat(31)}/`])('takes %j for no request', async (name) => {
    await expect(openFileJournal(folder).begin(name)).rejects.toThrow();
    await expect(openFileJournal(folder).begun(name)).rejects.toThrow();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('does not let a request begin that could not be written down', async () => {
    const journal = openFileJournal(folder);
    rmSync(folder, { recursive: true });
    await expect(journal.begin(REQUEST)).rejects.toThrow('ENOENT');
  });
});

async function outputOf(program: string): Promise<string> {
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  expect(await once(child, 'close')).toEqual([0, null]);
  return text;
}
