import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { followedLog, type LogPosition } from '../../src/facts/followed-log.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { runFact } from './run-fact.ts';

const NAME = 'logs/distribution.log';
let root: string;
let path: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'medic-follow-'));
  mkdirSync(join(root, 'logs'));
  path = join(root, NAME);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const shells: [string, readonly string[]][] = [['sh', ['sh']]];
if (hasTool('busybox')) shells.push(['busybox', ['busybox', 'sh']]);

/** Reads on until nothing is left, as the follower does; gives the lines and what was told of each part. */
async function follow(position: LogPosition | undefined, shell: readonly string[], bytesMax = 65_536) {
  const lines: string[] = [];
  const lost: boolean[] = [];
  for (let part = 0; part < 50; part += 1) {
    const read = await runFact(followedLog(root, NAME, position, bytesMax), { shell });
    lines.push(...read.text.split('\n').filter((line) => line !== ''));
    if (read.lost) lost.push(true);
    position = read.position;
    if (!read.more) return { position, lines, lost: lost.length > 0 };
  }
  throw new Error('it does not end');
}

const long = 'x'.repeat(120);

describe.each(shells)('a log that is followed, with %s', (_, shell) => {
  it('begins at the end, goes on with what comes, and leaves a line that is not whole', async () => {
    writeFileSync(path, 'old\n');
    let { position, lines } = await follow(undefined, shell);
    expect(lines).toEqual([]);
    appendFileSync(path, 'one\ntwo\nthr');
    ({ position, lines } = await follow(position, shell));
    expect(lines).toEqual(['one', 'two']);
    appendFileSync(path, 'ee\n');
    ({ position, lines } = await follow(position, shell));
    expect(lines).toEqual(['three']);
    expect((await follow(position, shell)).lines).toEqual([]);
  });

  it('that comes to be later is read from its beginning', async () => {
    const { position } = await follow(undefined, shell);
    writeFileSync(path, 'first\n');
    expect(await follow(position, shell)).toMatchObject({ lines: ['first'], lost: false });
  });

  it('takes no more at once than it may, and loses nothing by it', async () => {
    writeFileSync(path, '');
    const { position } = await follow(undefined, shell);
    const wanted = Array.from({ length: 40 }, (__, index) => `line ${index} ${long}`);
    appendFileSync(path, `${wanted.join('\n')}\n`);
    const once = await runFact(followedLog(root, NAME, position, 1_000), { shell });
    expect(once.more).toBe(true);
    expect(once.text.length).toBeLessThanOrEqual(1_000);
    expect((await follow(position, shell, 1_000)).lines).toEqual(wanted);
  });

  it('is read on after a rotation: the rest of the old file first, whatever it is called now', async () => {
    writeFileSync(path, `${long}\n`);
    let { position, lines, lost } = await follow(undefined, shell);
    appendFileSync(path, 'before\nwithout an end');
    renameSync(path, `${path}.1`);
    writeFileSync(path, 'after\n');
    ({ position, lines, lost } = await follow(position, shell));
    expect({ lines, lost }).toEqual({ lines: ['before', 'without an end', 'after'], lost: false });
    // A second rotation, of which everything was read before.
    renameSync(path, join(root, 'logs', 'distribution.2.log'));
    writeFileSync(path, 'next\n');
    ({ position, lines, lost } = await follow(position, shell));
    expect({ lines, lost }).toEqual({ lines: ['next'], lost: false });
  });

  it('stays with the old file while nothing is in the new one, since its writer may still hold it', async () => {
    writeFileSync(path, `${long}\n`);
    let { position, lines } = await follow(undefined, shell);
    renameSync(path, `${path}.1`);
    writeFileSync(path, '');
    appendFileSync(`${path}.1`, 'late\n');
    ({ position, lines } = await follow(position, shell));
    expect(lines).toEqual(['late']);
    appendFileSync(path, 'new\n');
    ({ position, lines } = await follow(position, shell));
    expect(lines).toEqual(['new']);
  });

  it('that is copied and emptied loses nothing either', async () => {
    writeFileSync(path, `${long}\n`);
    let { position, lines, lost } = await follow(undefined, shell);
    appendFileSync(path, 'unread\n');
    copyFileSync(path, `${path}.1`);
    truncateSync(path, 0);
    appendFileSync(path, 'again\n');
    ({ position, lines, lost } = await follow(position, shell));
    expect({ lines, lost }).toEqual({ lines: ['unread', 'again'], lost: false });
    appendFileSync(path, 'more\n');
    expect((await follow(position, shell)).lines).toEqual(['more']);
  });

  it('that was emptied and has grown past the place is told as lost, and read from its beginning', async () => {
    writeFileSync(path, `${long}\n`);
    const { position } = await follow(undefined, shell);
    writeFileSync(path, `${'y'.repeat(200)}\nnew\n`);
    expect(await follow(position, shell)).toMatchObject({ lines: ['y'.repeat(200), 'new'], lost: true });
  });

  it('with a line that never ends is taken as far as it came', async () => {
    writeFileSync(path, '');
    const { position } = await follow(undefined, shell);
    appendFileSync(path, 'z'.repeat(5_000));
    const read = await runFact(followedLog(root, NAME, position, 2_000), { shell });
    expect(read.text).toHaveLength(2_000);
  });
});
