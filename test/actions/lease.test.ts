import { mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
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

const take = async (owner: string, seconds = 60) => (await here.act(takeLeaseArgv(here.models, owner, seconds))).code;
const drop = async (owner: string) => (await here.act(dropLeaseArgv(here.models, owner))).code;

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
    expect((await here.act(takeLeaseArgv(here.models, 'r-2', 60))).stderr).toMatch(
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
