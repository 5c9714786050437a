import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { EntryState } from '../../src/domain/entry-state.ts';
import { hashPlan } from '../../src/domain/plan.ts';
import { wayBackText } from '../../src/domain/way-back.ts';
import { aPlan, NOON } from '../support/builders/plans.ts';

const receipt = 'r-0412aa07';
const plan = aPlan();
const [target] = plan.targets;
const file: EntryState = { kind: 'file', size: 7, mtimeNs: '1', ctimeNs: '1', inode: '1' };
const link = (text: string): EntryState => ({ kind: 'link', text, leadsTo: 'file' });
const textOf = (before: Record<string, EntryState>): string => {
  if (target === undefined) throw new Error('no target');
  return wayBackText({ receipt, plan: hashPlan(plan), at: NOON, target: { ...target, before } });
};
/** The indented lines below the names. */
const commands = (text: string): string[] =>
  text.split('\n').flatMap((line) => (line.startsWith('    ') ? [line.trim()] : []));

it('says what is done, under which receipt, and where what is replaced lies', () => {
  const text = textOf({});
  expect(text).toContain(`under receipt ${receipt} (plan ${hashPlan(plan).slice(0, 8)})`);
  expect(text).toContain('.medic/quarantine/r-0412aa07/');
  for (const { title } of target?.steps ?? []) expect(text).toContain(title);
});

it('holds commands that bring everything back, whatever the names are', () => {
  const folder = mkdtempSync(join(tmpdir(), 'medic-back-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const room = join(folder, '.medic', 'quarantine', receipt);
  mkdirSync(room, { recursive: true });
  const hostile = "it's $(touch stolen) `id` -f";
  // As a receipt has left the folder: a link where there was none, another link, another file.
  symlinkSync('canonical_hex8_2p.pth', join(folder, 'new.pth'));
  symlinkSync('canonical_hex8_2p.pth', join(folder, 'link.pth'));
  writeFileSync(join(folder, 'file.pth'), 'the new one');
  writeFileSync(join(room, 'file.pth.kept'), 'the old one');
  const text = textOf({ 'new.pth': { kind: 'absent' }, 'link.pth': link(hostile), 'file.pth': file });
  for (const command of commands(text)) execFileSync('sh', ['-c', command], { cwd: folder });
  expect(readlinkSync(join(folder, 'link.pth'))).toBe(hostile);
  expect(readFileSync(join(folder, 'file.pth'), 'utf8')).toBe('the old one');
  expect(() => readlinkSync(join(folder, 'new.pth'))).toThrow();
  expect(() => readFileSync(join(folder, 'stolen'))).toThrow();
});

it('prints nothing invisible, and points at the file where a text cannot be typed', () => {
  const text = textOf({ 'a.pth': link('\u001b]8;;https://evil\u0007x\u202e\nrm -rf ~') });
  expect(text).toMatch(/^[\x20-\x7e\n]*$/);
  expect(text).toContain('exactly what stands in .medic/quarantine/r-0412aa07/a.pth.link');
});
