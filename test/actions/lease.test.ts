import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dropLeaseArgv, takeLeaseArgv } from '../../src/actions/lease.ts';
import { ActionExit } from '../../src/contract/action.ts';
import { createNodeHere, type NodeHere } from '../jobs/node-here.ts';

let here: NodeHere;
beforeEach(() => {
  here = createNodeHere(['hex8_2p']);
});
afterEach(() => here.close());

const take = async (owner: string, seconds = 60, text = 'what is done\n') =>
  (await here.act(takeLeaseArgv(here.models, owner, seconds, text))).code;
const drop = async (owner: string, over = 'verified') => (await here.act(dropLeaseArgv(here.models, owner, over))).code;

describe('the lease of a node', () => {
  it('is held by one, renewed by the same, given back, and taken by the next', async () => {
    expect(await take('r-1')).toBe(0);
    expect(await take('r-2')).toBe(ActionExit.leaseHeld);
    expect(await take('r-1')).toBe(0);
    expect(await drop('r-2')).toBe(0);
    expect(await take('r-2')).toBe(ActionExit.leaseHeld);
    expect(await drop('r-1')).toBe(0);
    expect(await drop('r-1')).toBe(0);
    expect(await take('r-2')).toBe(0);
    expect(readdirSync(join(here.models, '.medic', 'lease'))).toHaveLength(1);
  });

  it('says who holds it', async () => {
    await take('r-1');
    expect((await here.act(takeLeaseArgv(here.models, 'r-2', 60, 'x'))).stderr).toMatch(
      /^r-1 holds the lease for another \d+ s/,
    );
  });

  it('that is stale goes to exactly one of many', async () => {
    await take('r-0', 0);
    const codes = await Promise.all(Array.from({ length: 12 }, (_, index) => take(`r-${index + 1}`)));
    expect(codes.filter((code) => code === 0)).toHaveLength(1);
    expect(codes.every((code) => code === 0 || code === ActionExit.leaseHeld)).toBe(true);
    const [link = ''] = readdirSync(join(here.models, '.medic', 'lease'));
    expect(readlinkSync(join(here.models, '.medic', 'lease', link))).toMatch(new RegExp(`^r-${codes.indexOf(0) + 1}:`));
  });

  it('is given back together with what killed scripts left under it, and nothing else', async () => {
    await take('r-1');
    const drawn = `.medic-${'a'.repeat(32)}`;
    const kept = ['.medic-notes', `.medic-${'g'.repeat(32)}`, `.medic-${'a'.repeat(31)}`, 'candidate_hex8_2p.pth'];
    for (const name of [drawn, `${drawn}.t`, ...kept]) writeFileSync(join(here.models, name), 'x');
    symlinkSync('canonical_hex8_2p.pth', join(here.models, `.medic-${'b'.repeat(32)}`));
    mkdirSync(join(here.models, `.medic-${'c'.repeat(32)}`));
    await drop('r-2');
    expect(readdirSync(here.models)).toContain(drawn);
    await drop('r-1');
    const left = readdirSync(here.models).filter((name) => name !== '.medic' && !name.endsWith('hex8_2p.pth'));
    expect(left.toSorted()).toEqual([...kept.slice(0, 3), `.medic-${'c'.repeat(32)}`].toSorted());
    expect(readdirSync(here.models)).toContain('canonical_hex8_2p.pth');
  });

  it('is not needed where there is no folder, and not written through a link', async () => {
    rmSync(here.models, { recursive: true });
    expect([await take('r-1'), await drop('r-1')]).toEqual([0, 0]);
    mkdirSync(join(here.models, '.medic'), { recursive: true });
    mkdirSync(join(here.folder, 'elsewhere'));
    symlinkSync(join(here.folder, 'elsewhere'), join(here.models, '.medic', 'lease'));
    expect(await take('r-1')).toBe(ActionExit.notPermitted);
    expect(readdirSync(join(here.folder, 'elsewhere'))).toEqual([]);
  });
});

describe('the journal of what is about to be done', () => {
  const told = (receipt: string) => join(here.models, '.medic', 'journal', receipt);
  const kept = (receipt: string) => {
    const room = join(here.models, '.medic', 'quarantine', receipt);
    mkdirSync(room, { recursive: true });
    writeFileSync(join(room, 'canonical_hex8_2p.pth.kept'), 'x');
  };

  it('is there with the lease, as it was given, and of nobody who did not get it', async () => {
    const text = 'a: \'quoted\' "words" $(touch x) `id` %s \\n\n-e\n';
    expect(await take('r-1', 60, text)).toBe(0);
    expect(readFileSync(told('r-1'), 'utf8')).toBe(text);
    expect(await take('r-2')).toBe(ActionExit.leaseHeld);
    expect(readdirSync(join(here.models, '.medic', 'journal'))).toEqual(['r-1']);
    expect(statSync(join(here.models, '.medic')).mode & 0o777).toBe(0o700);
  });

  it('goes when it is over and nothing of it is kept, and says so where something is', async () => {
    for (const receipt of ['r-1', 'r-2']) {
      await take(receipt);
      if (receipt === 'r-2') kept(receipt);
      expect(await drop(receipt, 'verified')).toBe(0);
    }
    expect(existsSync(told('r-1'))).toBe(false);
    expect(readFileSync(told('r-2'), 'utf8')).toBe('what is done\n\nThis is over: verified\n');
  });

  it('stays as it is while a person has to look', async () => {
    await take('r-1');
    expect(await drop('r-1', '')).toBe(0);
    expect(readFileSync(told('r-1'), 'utf8')).toBe('what is done\n');
    // Whoever has looked says so without a lease.
    expect(await drop('r-1', 'verified')).toBe(0);
    expect(existsSync(told('r-1'))).toBe(false);
  });

  it('is neither written nor taken away through a link, nor for what is no receipt', async () => {
    mkdirSync(join(here.folder, 'elsewhere'));
    mkdirSync(join(here.models, '.medic'));
    symlinkSync(join(here.folder, 'elsewhere'), join(here.models, '.medic', 'journal'));
    expect(await take('r-1')).toBe(ActionExit.notPermitted);
    writeFileSync(join(here.folder, 'elsewhere', 'r-1'), 'x');
    mkdirSync(join(here.models, '.medic', 'lease'), { recursive: true });
    await drop('r-1');
    expect(readdirSync(join(here.folder, 'elsewhere'))).toEqual(['r-1']);
    for (const owner of ['../x', '', 'r-1/..', '*']) {
      expect(await take(owner)).not.toBe(0);
      expect(await drop(owner)).not.toBe(0);
    }
  });
});
