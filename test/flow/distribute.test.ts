import { execFileSync } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, readlinkSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aliasName, canonicalName } from '../../src/demo/fleet/models.ts';
import { HOOK_FILE } from '../../src/domain/hook-script.ts';
import { type EmbeddedRedis, startEmbeddedRedis } from '../../src/redis/embedded-redis.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { listIn, namesOfTargets, objectIn, text } from '../support/flow/answer-fields.ts';
import { runMedic } from '../support/flow/children.ts';
import { configOf, startSite } from '../support/flow/site.ts';
import { sha256, treeOf } from '../support/flow/tree.ts';

const nodes = ['vast-1', 'vast-2', 'vast-3'];
const model = 'hex8_2p';

describe.skipIf(!hasTool('sshd') || !hasTool('redis'))('distributing by hand', () => {
  let site: Awaited<ReturnType<typeof startSite>>;
  let config: string;
  let redis: EmbeddedRedis;
  const path = (node: string, name: string): string => join(site.node(node).modelsDir, name);
  const medic = (...words: string[]) => runMedic(config, words);

  beforeAll(async () => {
    const all = [
      { name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } },
      ...nodes.map((name) => ({ name })),
    ];
    site = await startSite(all, [model, 'hex8_4p']);
    config = await site.configure('distribute', undefined, [model, 'hex8_4p']);
    redis = await startEmbeddedRedis({ stateDir: configOf(config).stateDir });
  });

  afterAll(async () => {
    await redis?.close();
    await site?.close();
  });

  it('brings one model to the nodes that lack it, tells which failed, and goes on with those alone', async () => {
    for (const node of ['vast-1', 'vast-3']) {
      for (const name of [canonicalName(model), aliasName(model)]) rmSync(path(node, name));
      // Of another model: not asked for, so not touched.
      truncateSync(path(node, canonicalName('hex8_4p')), 100_000);
    }
    const other = treeOf(site.node('vast-1').modelsDir)[canonicalName('hex8_4p')];
    const asked = await medic('distribute', model, 'to', 'vast-*', '--transport', 'stream', '--json');
    expect(asked.exit, asked.stderr).toBe(0);
    const [plan = {}, ...more] = listIn(asked.json['plans']);
    expect(more).toEqual([]);
    expect(namesOfTargets([plan])).toEqual(['vast-1', 'vast-3']);
    expect(text(plan['summary'])).toContain('by stream only');

    // The second node goes away between approval and its turn; the first is not the worse for it.
    await site.node('vast-3').stop();
    const run = await medic('approve', text(plan['hash']), '--json');
    const receipt = objectIn(run.json['receipt']);
    const outcomes = Object.fromEntries(listIn(receipt['targets']).map(({ node, outcome }) => [text(node), outcome]));
    expect(outcomes['vast-1']).toBe('verified');
    expect(['unreachable', 'not_started']).toContain(outcomes['vast-3']);
    expect(run.exit).toBe(6);
    await site.node('vast-3').start();

    const again = await medic('distribute', '--failed', text(receipt['id']), '--json');
    expect(again.exit, again.stderr).toBe(0);
    const rest = listIn(again.json['plans']);
    expect(namesOfTargets(rest)).toEqual(['vast-3']);
    expect((await medic('approve', text(rest[0]?.['hash']))).exit).toBe(0);
    const good = sha256(readFileSync(path('mac-studio', canonicalName(model))));
    for (const node of nodes) {
      expect(sha256(readFileSync(path(node, canonicalName(model)))), node).toBe(good);
      expect(sha256(readFileSync(path(node, aliasName(model)))), node).toBe(good);
    }
    expect(treeOf(site.node('vast-1').modelsDir)[canonicalName('hex8_4p')]).toBe(other);

    const nothing = await medic('distribute', model);
    expect(nothing.exit).toBe(0);
    expect(nothing.stdout).toContain('nothing to do');
  });

  it('sends no model whose pickle asks for anything but weights, by force neither, and repairs what is broken inside', async () => {
    const source = path('mac-studio', canonicalName(model));
    const good = readFileSync(source);
    const before = nodes.map((node) => treeOf(site.node(node).modelsDir));
    copyFileSync(join(import.meta.dirname, '..', 'support', 'checkpoints', 'runs_code_when_unpickled.pth'), source);
    for (const wish of [
      ['distribute', model, '--force'],
      ['distribute', model, '--force', '--transport', 'rsync'],
    ]) {
      const { exit, stdout, stderr } = await medic(...wish);
      expect(exit, stderr).toBe(3);
      expect(stdout).toContain('load_refused');
    }
    const seen = await medic('verify', model, 'on', 'mac-studio', '--json');
    expect(listIn(seen.json['findings']).map(({ code }) => code)).toEqual(['load_refused']);
    expect(nodes.map((node) => treeOf(site.node(node).modelsDir))).toEqual(before);
    const everything = readdirSync(site.folder, { recursive: true }).map(String);
    expect(everything.filter((name) => name.endsWith('checkpoint-was-unpickled'))).toEqual([]);

    writeFileSync(source, good);
    const broken = Buffer.from(good);
    broken[broken.length >> 1] = (broken[broken.length >> 1] ?? 0) ^ 1;
    writeFileSync(path('vast-2', canonicalName(model)), broken);
    const verdict = await medic('verify', model, 'on', 'vast-2', '--json');
    expect(listIn(verdict.json['findings']).map(({ code }) => code)).toEqual(['format_corrupt']);
    const fix = await medic('fix', text(verdict.json['incident']), '--json');
    const [plan = {}] = listIn(fix.json['plans']);
    expect(plan['repair'], fix.stderr).toBe('resync-model');
    expect((await medic('approve', text(plan['hash']))).exit).toBe(0);
    expect(sha256(readFileSync(path('vast-2', canonicalName(model))))).toBe(sha256(good));
    // The same gate for a file of this machine, as the cluster's own scripts call it.
    expect((await medic('validate', source)).exit).toBe(0);
    writeFileSync(join(site.folder, 'broken.pth'), broken);
    const invalid = await medic('validate', join(site.folder, 'broken.pth'));
    expect(invalid.exit).toBe(1);
    expect(invalid.stdout).toContain('format_corrupt');
    expect((await medic('verify', model, 'on', 'vast-2')).exit).toBe(0);
  });

  it('installs the hook by a plan, which a rollback takes away again', async () => {
    const before = readdirSync(site.node('mac-studio').modelsDir);
    const asked = await medic('hook', 'install', '--json');
    const [plan = {}] = listIn(asked.json['plans']);
    expect(plan, asked.stderr).toMatchObject({ risk: 'reversible' });
    const run = await medic('approve', text(plan['hash']), '--json');
    expect(run.exit, run.stdout).toBe(0);
    rmSync(path('mac-studio', aliasName(model)));
    execFileSync(path('mac-studio', HOOK_FILE), [site.node('mac-studio').modelsDir]);
    expect(readlinkSync(path('mac-studio', aliasName(model)))).toBe(canonicalName(model));
    expect(listIn((await medic('hook', 'install', '--json')).json['plans'])).toEqual([]);
    const back = await medic('rollback', text(objectIn(run.json['receipt'])['id']), '--json');
    expect((await medic('approve', text(listIn(back.json['plans'])[0]?.['hash']))).exit).toBe(0);
    expect(readdirSync(site.node('mac-studio').modelsDir).toSorted()).toEqual(
      [...new Set([...before, '.medic'])].toSorted(),
    );
  });
});
