import { lstatSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { repairs } from '../../src/registry/jobs.ts';
import { bytesOf, createNodeHere, type NodeHere } from './node-here.ts';
import { A, C } from './repair-cases.ts';

let open: NodeHere[] = [];

afterEach(() => {
  for (const here of open) here.close();
  open = [];
});

function node(): NodeHere {
  const here = createNodeHere();
  open.push(here);
  return here;
}

/** Plans this repair, runs it, and finds nothing wrong afterwards. */
async function cure(here: NodeHere, name: string): Promise<void> {
  const repair = repairs.find((one) => one.name === name);
  const plan = await repair?.plan(here.context());
  if (plan?.kind !== 'steps') throw new Error(JSON.stringify(plan));
  for (const { code, stderr } of await here.forward(plan.target)) expect(`${code} ${stderr}`).toBe('0 ');
  expect((await here.look({ fresh: true })).findings).toEqual([]);
}

/** Breaks the model and its alias. */
function damage(here: NodeHere): void {
  writeFileSync(here.path(C), bytesOf('else'));
  rmSync(here.path(A));
  here.age();
}

function namesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? namesBelow(join(folder, entry.name)) : [entry.name],
  );
}

describe('a models folder', () => {
  it('that is itself a link is repaired where it leads, and stays a link', async () => {
    const here = node();
    const disk = join(here.folder, 'disk');
    renameSync(here.models, disk);
    symlinkSync('disk', here.models);
    damage(here);
    await cure(here, 'resync-model');
    expect(lstatSync(here.models).isSymbolicLink()).toBe(true);
    expect(readdirSync(join(disk, '.medic', 'quarantine'))).toHaveLength(1);
  });

  it('beside another one is the only one that is touched', async () => {
    const here = node();
    const other = join(here.folder, 'other');
    mkdirSync(other);
    for (const name of [C, 'ringrift_best_hex8_2p.pth']) writeFileSync(join(other, name), 'of the other disk');
    damage(here);
    await cure(here, 'resync-model');
    expect(namesBelow(other).toSorted()).toEqual([C, A].toSorted());
    expect(readdirSync(other)).toHaveLength(2);
  });

  it('keeps the legacy family, variants and other people’s links as they are, and nobody counts them', async () => {
    const here = node();
    const noise = [
      'ringrift_best_sq8_2p.pth',
      'canonical_hex8_2p_v2.pth',
      'canonical_hex8_2p.backup.pth',
      'candidate_hex8_2p_1.pth',
    ];
    for (const name of noise) writeFileSync(here.path(name), 'not ours');
    symlinkSync('nowhere', here.path('somebody.pth'));
    expect((await here.look()).findings).toEqual([]);
    damage(here);
    const before = here.tree();
    await cure(here, 'resync-model');
    const after = here.tree();
    for (const name of [...noise, 'somebody.pth']) expect(after[`models/${name}`]).toEqual(before[`models/${name}`]);
  });

  it('holds nothing of ours that the cluster would take for a model', async () => {
    const here = node();
    damage(here);
    writeFileSync(here.path('ringrift_best_hex8_4p.pth.tmp'), '');
    rmSync(here.path('ringrift_best_hex8_4p.pth'));
    writeFileSync(here.path('ringrift_best_hex8_4p.pth'), bytesOf('old'));
    here.age();
    await cure(here, 'replace-alias-file');
    const kept = namesBelow(here.path('.medic'));
    expect(kept).toContain(`${C}.kept`);
    expect(kept.filter((name) => /\.(pth|pt)$/.test(name))).toEqual([]);
  });
});
