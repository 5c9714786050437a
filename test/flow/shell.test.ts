import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aliasName, canonicalName, checkpointOf } from '../../src/demo/fleet/models.ts';
import { type PlantedFault, plantFaults } from '../../src/demo/fleet/plant-faults.ts';
import { type EmbeddedRedis, startEmbeddedRedis } from '../../src/redis/embedded-redis.ts';
import { hasTool } from '../support/fleet/tools.ts';
import {
  faultsIn,
  hashesOf,
  listIn,
  namesIn,
  namesOfTargets,
  objectIn,
  text,
  unknownIn,
  wanted,
} from '../support/flow/answer-fields.ts';
import { runMedic } from '../support/flow/children.ts';
import { startReader } from '../support/flow/readers.ts';
import { redisState } from '../support/flow/redis-state.ts';
import { configOf, type Site, startRunbookSite } from '../support/flow/site.ts';
import { sha256, treeOf } from '../support/flow/tree.ts';

const silent = 'runpod-a100-3';

describe.skipIf(!hasTool('redis'))('the shell, from the first check to the last', () => {
  let site: Site;
  let planted: readonly PlantedFault[];
  let config: string;
  let redis: EmbeddedRedis;
  const path = (node: string, name: string): string => join(site.node(node).modelsDir, name);
  const medic = (...words: string[]) => runMedic(config, words);

  beforeAll(async () => {
    site = await startRunbookSite();
    planted = await plantFaults(site.nodes);
    config = await site.configure('shell');
    // Kept open, so that no call has to start the server again.
    redis = await startEmbeddedRedis({ stateDir: configOf(config).stateDir });
  });

  afterAll(async () => {
    await redis.close();
    await site.close();
  });

  it('names what it can do without a node', async () => {
    const help = await medic('help');
    expect(help.exit).toBe(0);
    for (const command of ['check', 'fix', 'approve', 'receipt']) expect(help.stdout).toContain(`  ${command}`);
    const nodes = await medic('nodes', '--json');
    expect(nodes.exit).toBe(0);
    expect(namesIn(nodes.json['nodes'])).toEqual(site.nodes.map(({ name }) => name));
  });

  it('keeps a trail of what was done, and names what was altered in it', async () => {
    expect((await medic('lock', 'vast-1', 'a', 'new', 'disk')).exit).toBe(0);
    expect((await medic('unlock', 'vast-1')).exit).toBe(0);
    expect((await medic('audit')).stdout).toMatch(/cli:\S+ {2}shell {2}order {2}locked .* reason a new disk/);
    expect(await medic('audit', 'verify')).toMatchObject({ exit: 0, stdout: expect.stringContaining('✓') });
    const trail = join(configOf(config).stateDir, 'trail.jsonl');
    const kept = readFileSync(trail, 'utf8');
    writeFileSync(trail, kept.replace('a new disk', 'an old disk'));
    const altered = await medic('audit', 'verify');
    writeFileSync(trail, kept);
    expect(altered).toMatchObject({ exit: 1, stdout: expect.stringContaining('✗ the order at') });
    expect((await medic('audit', 'verify')).exit).toBe(0);
  });

  it('finds every planted fault and nothing else', async () => {
    const { exit, json } = await medic('check', '--json');
    expect(exit).toBe(1);
    expect(faultsIn(json)).toEqual(wanted(planted));
    expect(unknownIn(json)).toEqual([`${silent} refused`]);
  });

  it('shows models by nodes', async () => {
    const { exit, stdout } = await medic('status');
    expect(exit).toBe(1);
    expect(stdout).toContain(silent);
    expect(stdout).toContain('hex8_2p');
  });

  it('gives a verdict a node and model that knows what is inside a file', async () => {
    const node = site.nodes.find(({ name }) => name !== silent && planted.every((fault) => fault.node !== name));
    if (node === undefined) throw new Error('every node has a fault');
    const file = path(node.name, canonicalName('hex8_2p'));
    const before = readFileSync(file);
    const broken = Buffer.from(before);
    broken[broken.length >> 1] = (broken[broken.length >> 1] ?? 0) ^ 1;
    writeFileSync(file, broken);
    try {
      const { exit, json } = await medic('verify', 'hex8_2p', 'on', `${node.name},${silent}`, '--json');
      expect(exit).toBe(1);
      expect(listIn(json['findings']).map(({ code }) => code)).toEqual(['format_corrupt']);
      expect(listIn(json['verdicts']).map(({ verdict }) => verdict)).toEqual(['wrong', 'unknown']);
    } finally {
      writeFileSync(file, before);
    }
    const { exit, stdout } = await medic('verify', 'hex8_2p', 'on', node.name, '--fresh');
    expect([exit, stdout]).toEqual([0, expect.stringContaining('sound inside')]);
  });

  it('plans, repairs, verifies, keeps what it replaced, and has nothing to do the second time', async () => {
    const before = new Map(site.nodes.map(({ name, modelsDir }) => [name, treeOf(modelsDir)]));
    const fix = await medic('fix', '--json');
    expect(fix.exit).toBe(0);
    expect(treesOf(site)).toEqual(before);
    const plans = listIn(fix.json['plans']);
    expect(plans.map(({ repair }) => text(repair)).toSorted()).toEqual([
      'link-aliases',
      'replace-alias-file',
      'resync-model',
    ]);
    expect(namesOfTargets(plans)).toEqual(
      [...new Set(planted.map(({ node }) => node))].filter((node) => node !== silent).toSorted(),
    );
    const pending = await medic('pending', '--json');
    expect(pending.exit).toBe(0);
    expect(hashesOf(listIn(pending.json['plans']))).toEqual(hashesOf(plans));

    const watched = [
      path('runpod-a100-1', aliasName('hex8_4p')),
      path('runpod-a100-2', canonicalName('hex8_2p')),
      path('runpod-a100-2', aliasName('hex8_2p')),
      path('vast-3', canonicalName('square8_2p')),
      path('vast-3', aliasName('square8_2p')),
    ];
    const old = new Map(watched.map((file) => [file, sha256(readFileSync(file))]));
    const reader = await startReader(watched);
    const receipts = new Map<string, string>();
    for (const { hash, repair } of plans) {
      const shown = await medic('plan', text(hash).slice(0, 8), '--json');
      expect(shown.exit).toBe(0);
      expect(hashesOf(listIn(shown.json['plans']))).toEqual([hash]);
      const approved = await medic('approve', text(hash).slice(0, 12), '--json');
      expect(approved.exit, approved.stderr).toBe(0);
      const receipt = objectIn(approved.json['receipt']);
      expect(receipt['outcome']).toBe('done');
      receipts.set(text(repair), text(receipt['id']));
    }
    const reading = await reader.finish();
    expect(reading.rounds).toBeGreaterThan(10);
    for (const file of watched) {
      const now = sha256(readFileSync(file));
      expect(now).not.toBe(old.get(file));
      expect(Object.keys(reading.files[file] ?? {}).toSorted(), file).toEqual([old.get(file) ?? '', now].toSorted());
    }

    const told = await medic('receipt', receipts.get('resync-model') ?? '', '--json');
    expect(told.exit).toBe(0);
    expect(objectIn(told.json['receipt'])['outcome']).toBe('done');
    expect(quarantined(path('runpod-a100-1', ''), receipts.get('replace-alias-file'), aliasName('hex8_4p'))).toBe(
      sha256(checkpointOf('hex8_4p', 7)),
    );
    expect(quarantined(path('runpod-a100-2', ''), receipts.get('resync-model'), canonicalName('hex8_2p'))).toBe(
      sha256(checkpointOf('hex8_2p', 8)),
    );
    expect(quarantined(path('vast-3', ''), receipts.get('resync-model'), canonicalName('square8_2p'))).toBe(
      old.get(path('vast-3', canonicalName('square8_2p'))),
    );

    const clean = await medic('check', '--fresh', '--json');
    expect(clean.exit).toBe(4);
    expect(faultsIn(clean.json)).toEqual([]);
    expect(unknownIn(clean.json)).toEqual([`${silent} refused`]);
    // Beside the names that were put right everything is what it was; the disk says so, not medic.
    for (const { name, modelsDir } of site.nodes) {
      const whole = { ...before.get(name) };
      for (const { node, subject } of planted) {
        if (node !== name || subject === undefined) continue;
        const coordinator = treeOf(site.node('mac-studio').modelsDir);
        whole[subject] = coordinator[subject] ?? '';
      }
      expect(treeOf(modelsDir), name).toEqual(whole);
    }
    const again = await medic('fix', '--json');
    expect(again.exit).toBe(4);
    expect(again.json['plans']).toEqual([]);
    expect((await medic('fix')).stdout).toContain('nothing to do');
    expect((await medic('pending', '--json')).json['plans']).toEqual([]);
  });

  it('approves nothing twice', async () => {
    const before = treesOf(site);
    const old = await redisState(redis.socketPath, 'shell');
    const anyPlan = old.plans[0] ?? '';
    const { exit, stderr } = await medic('approve', anyPlan.slice(0, 16));
    expect(exit).toBe(5);
    expect(stderr).toContain('has ended');
    expect(treesOf(site)).toEqual(before);
  });

  function treesOf({ nodes }: Site): Map<string, Record<string, string>> {
    return new Map(nodes.map(({ name, modelsDir }) => [name, treeOf(modelsDir)]));
  }
});

/** The one file in a receipt's quarantine that was called so, by its digest. */
function quarantined(modelsDir: string, receipt: string | undefined, name: string): string | undefined {
  const folder = join(modelsDir, '.medic', 'quarantine', receipt ?? '');
  const kept = readdirSync(folder).filter((file) => file.startsWith(name) && file.endsWith('.kept'));
  expect(kept).toHaveLength(1);
  // The cluster would take a name that ends in .pth for a model.
  expect(readdirSync(folder).filter((file) => /\.pth?$/.test(file))).toEqual([]);
  return sha256(readFileSync(join(folder, kept[0] ?? '')));
}
