import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createCommandWorld } from '../support/builders/command-world.ts';

const linesFor = async (shell: string): Promise<readonly string[]> => {
  const reply = await createCommandWorld().say(`completion ${shell}`);
  if (reply.kind !== 'said') throw new Error(JSON.stringify(reply));
  return reply.lines;
};

it.each(['bash', 'zsh', 'fish'])('has lines for %s', async (shell) => {
  expect((await linesFor(shell)).join('\n')).toContain('medic complete');
});

it.each(['completion', 'completion tcsh', 'completion bash zsh', 'completion toString'])('refuses %j', async (text) => {
  expect(await createCommandWorld().say(text)).toMatchObject({ kind: 'refused', refusal: { code: 'usage' } });
});

/** What bash has to choose from when these are its words: `@` and `:` end words for it. */
async function chosenIn(line: string, words: readonly string[], offered: readonly string[]): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'medic-completion-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const offers = offered.map((word) => `'${word}'`).join(' ');
  const program = `#!/bin/sh\nprintf '%s\\n' "$@" > "$0.asked"\nprintf '%s\\n' ${offers}\n`;
  writeFileSync(join(folder, 'medic'), program, { mode: 0o700 });
  const script = [
    ...(await linesFor('bash')),
    `COMP_LINE='${line}' COMP_POINT=${line.length}`,
    `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}) COMP_CWORD=${words.length - 1}`,
    '_medic',
    `printf '%s\\n' "\${COMPREPLY[@]}"`,
  ].join('\n');
  const env = { ...process.env, PATH: `${folder}:${process.env['PATH'] ?? ''}` };
  const chosen = execFileSync('bash', ['--norc', '-c', script], { encoding: 'utf8', env }).trimEnd().split('\n');
  expect(readFileSync(join(folder, 'medic.asked'), 'utf8')).toBe(`complete\n${line.replace('medic ', '')}\n`);
  return chosen;
}

it('gives bash what it has to put in the place of the word that it sees', async () => {
  expect(await chosenIn('medic che', ['medic', 'che'], ['check'])).toEqual(['check']);
  const words = ['medic', 'check', 'on', '@provider', ':', 'va'];
  expect(await chosenIn('medic check on @provider:va', words, ['@provider:vast'])).toEqual(['vast']);
  expect(await chosenIn('medic check on ', ['medic', 'check', 'on', ''], ['vast-1', 'vast-*'])).toEqual([
    'vast-1',
    'vast-*',
  ]);
});
