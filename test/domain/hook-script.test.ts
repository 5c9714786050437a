import { spawnSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hookScript } from '../../src/domain/hook-script.ts';
import { pathWithout } from '../jobs/node-here.ts';
import { hasTool } from '../support/fleet/tools.ts';

const MODELS = ['hex8_2p', 'hex8_3p', 'square8_2p'].map((name) => ({
  name,
  canonical: `canonical_${name}.pth`,
  alias: `ringrift_best_${name}.pth`,
}));
const A = 'ringrift_best_hex8_2p.pth';
const C = 'canonical_hex8_2p.pth';

let folder: string;
let models: string;
const path = (name: string) => join(models, name);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'medic-hook-'));
  models = join(folder, 'the models');
  mkdirSync(models);
  for (const { canonical } of MODELS.slice(0, 2)) writeFileSync(path(canonical), canonical);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function tree(): Record<string, string> {
  return Object.fromEntries(
    readdirSync(models, { recursive: true })
      .map(String)
      .toSorted()
      .map((name) => {
        const state = lstatSync(path(name));
        if (state.isSymbolicLink()) return [name, `-> ${readlinkSync(path(name))}`];
        return [name, state.isFile() ? readFileSync(path(name), 'utf8') : 'folder'];
      }),
  );
}

const SHELLS = [['dash'], ...(hasTool('busybox') ? [['busybox', 'sh']] : [])];

describe.each(SHELLS)('the hook under %s %s', (shell, ...words) => {
  function run(args: readonly string[] = [models], options: { path?: string; list?: typeof MODELS } = {}) {
    const script = join(folder, 'hook.sh');
    writeFileSync(script, `${hookScript(options.list ?? MODELS).join('\n')}\n`);
    const env = { ...process.env, ...(options.path === undefined ? {} : { PATH: options.path }) };
    const { status, stdout, stderr } = spawnSync(shell ?? 'sh', [...words, script, ...args], { cwd: folder, env });
    return { status, said: stdout.toString(), complaint: stderr.toString() };
  }

  const right = { [C]: C, [A]: `-> ${C}` };
  it('links what is promoted, and nothing the second time', () => {
    expect(run()).toMatchObject({ status: 0, complaint: '' });
    expect(tree()).toMatchObject({ ...right, 'ringrift_best_hex8_3p.pth': '-> canonical_hex8_3p.pth' });
    expect(Object.keys(tree())).toHaveLength(4);
    expect(run()).toEqual({ status: 0, said: '', complaint: '' });
  });

  it.each<[string, () => void]>([
    ['a dangling link', () => symlinkSync('gone.pth', path(A))],
    ['a link to another model', () => symlinkSync('canonical_hex8_3p.pth', path(A))],
    ['a link to itself', () => symlinkSync(A, path(A))],
    ['an absolute link', () => symlinkSync(path(C), path(A))],
    [
      'a link to a folder',
      () => {
        mkdirSync(path('sub'));
        symlinkSync('sub', path(A));
      },
    ],
  ])('replaces %s by one rename', (_, plant) => {
    plant();
    expect(run()).toMatchObject({ status: 0 });
    expect(tree()).toMatchObject(right);
    expect(Object.keys(tree()).filter((name) => name.includes('medic') || name.includes('sub/'))).toEqual([]);
  });

  it.each<[string, () => void, string]>([
    ['a regular file in the alias’s place', () => writeFileSync(path(A), 'weights'), 'weights'],
    ['a folder in the alias’s place', () => mkdirSync(path(A)), 'folder'],
  ])('leaves %s alone and says so', (_, plant, kept) => {
    plant();
    const { status, complaint } = run();
    expect([status, complaint]).toEqual([1, expect.stringContaining(`${A} is no link`)]);
    expect(tree()[A]).toBe(kept);
    expect(tree()['ringrift_best_hex8_3p.pth']).toBe('-> canonical_hex8_3p.pth');
  });

  it('does not follow a canonical name that is a link itself', () => {
    rmSync(path(C));
    symlinkSync(A, path(C));
    writeFileSync(path(A), 'weights');
    expect(run().status).toBe(1);
    expect(tree()).toMatchObject({ [A]: 'weights', [C]: `-> ${A}` });
  });

  it('makes no junk of an empty folder, backups, variants, leftovers and other people’s links', () => {
    for (const { canonical } of MODELS.slice(0, 2)) rmSync(path(canonical));
    for (const name of ['canonical_hex8_2p_v2.pth', 'canonical_hex8_2p.backup.pth', '.canonical_hex8_2p.pth.AbC123'])
      writeFileSync(path(name), name);
    symlinkSync('nowhere', path('somebody'));
    writeFileSync(path('ringrift_best_sq8_2p.pth'), 'legacy');
    const before = tree();
    expect(run()).toEqual({ status: 0, said: '', complaint: '' });
    expect(tree()).toEqual(before);
  });

  it('works without mv -T and in the folder "models", and ends with 2 where there is none', () => {
    const own = join(folder, 'tools');
    mkdirSync(own);
    const bare = pathWithout(own, ['mv']);
    symlinkSync('gone.pth', path(A));
    expect(run([models], { path: bare }).status).toBe(0);
    expect(tree()).toMatchObject(right);
    expect(run([]).status).toBe(2);
    expect(run([join(folder, 'none')]).status).toBe(2);
  });

  it('takes any name of medic.yaml for a name and never for a program', () => {
    const name = fc.string({
      minLength: 1,
      maxLength: 12,
      unit: fc.constantFrom(...'ab \'"$`\\;&|*?(){}~#!'.split('')),
    });
    fc.assert(
      fc.property(name, (odd) => {
        const model = { name: 'odd', canonical: `c_${odd}.pth`, alias: `a_${odd}.pth` };
        writeFileSync(path(model.canonical), 'weights');
        expect(run([models], { list: [model] })).toMatchObject({ status: 0, complaint: '' });
        expect(readlinkSync(path(model.alias))).toBe(model.canonical);
        rmSync(path(model.canonical));
        rmSync(path(model.alias));
      }),
      { numRuns: 15 },
    );
  });
});
