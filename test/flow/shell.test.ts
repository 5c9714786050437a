import { readdirSync, readFileSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aliasName, canonicalName, checkpointOf } from '../../src/demo/fleet/models.ts';
import { type PlantedFault, plantFaults } from '../../src/demo/fleet/plant-faults.ts';
import { type EmbeddedRedis, startEmbeddedRedis } from '../../src/redis/embedded-redis.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { runMedic, startRoot } from '../support/flow/children.ts';
import { openOffice } from '../support/flow/office.ts';
import { startReader } from '../support/flow/readers.ts';
import { redisState } from '../support/flow/redis-state.ts';
import { configOf, me, type Site, startRunbookSite } from '../support/flow/site.ts';
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

  it('plans, repairs, verifies, keeps what it replaced, and has nothing to do the second time', {
    timeout: 120_000,
  }, async () => {
    const before = new Map(site.nodes.map(({ name, modelsDir }) => [name, treeOf(modelsDir)]));
    const fix = await medic('fix', '--json');
    expect(fix.exit).toBe(0);
    expect(treesOf(site)).toEqual(before);
    const plans = listIn(fix.json['plans']);
    expect(plans.map(({ repair }) => repair).toSorted()).toEqual([
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
      expect(Object.keys(reading.files[file] ?? {}).toSorted(), file).toEqual([old.get(file), now].toSorted());
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

  it.each([
    { words: ['check', 'on', 'n1; touch x'], says: /character/ },
    { words: ['check', 'on', '--help', 'vast-1', '--nonsense'], says: /check \[model/, exit: 0 },
    { words: ['--nonsense'], says: /no command/ },
    { words: ['check', 'on', '$(id)'], says: /character/ },
    { words: ['check', '$(id)'], says: /no model.*hex8_2p/ },
    { words: ['check', '../../etc'], says: /no model.*hex8_2p/ },
    { words: ['check', 'on', '../../etc'], says: /character/ },
    { words: ['check', '—frsh'], says: /Did you mean --fresh/ },
    { words: ['check', 'on', 'vast-9'], says: /vast-[123]/ },
    { words: ['check', 'on', 'vast-1!vast-1'], says: /leaves no node/ },
    { words: ['check', 'on'], says: /needs a node set/ },
    { words: ['check', 'hex8_2q'], says: /Did you mean hex8_2p/ },
    { words: ['check', 'canonical_hex8_9p.pth'], says: /Did you mean hex8_2p, hex8_4p/ },
    { words: ['chek'], says: /Did you mean check/ },
    { words: ['fix', 'hex8_2p', 'on', 'n1`touch x`'], says: /character/ },
    { words: ['approve', '../../etc/passwd'], says: /no plan's hash/ },
    { words: ['approve', '--help'], says: /approve (takes|<hash>)/, exit: undefined },
    { words: ['approve', '00000000'], says: /No plan begins with/ },
    { words: ['receipt', 'r-00000000; id'], says: /no receipt's id/ },
    { words: ['receipt', 'r-00000000'], says: /No receipt is called/ },
  ])('refuses $words with one sentence and runs nothing', async ({ words, says, ...rest }) => {
    const before = {
      trees: treesOf(site),
      files: readdirSync(site.folder, { recursive: true }).length,
      redis: await redisState(redis.socketPath, 'shell'),
    };
    const { exit, stdout, stderr } = await medic(...words);
    const said = `${stdout}${stderr}`;
    expect(said).toMatch(says);
    if (!('exit' in rest)) {
      expect(exit).toBe(2);
      expect(stderr.trim().split('\n')).toHaveLength(1);
      expect(stdout).toBe('');
    } else if (rest.exit !== undefined) expect(exit).toBe(rest.exit);
    expect(said).not.toMatch(/ {4}at |Error:/);
    expect(await redisState(redis.socketPath, 'shell')).toEqual(before.redis);
    expect(treesOf(site)).toEqual(before.trees);
    expect(readdirSync(site.folder, { recursive: true }).length).toBe(before.files);
  });

  it('takes an em-dash for two hyphens', async () => {
    const { exit } = await medic('check', 'hex8_2p', 'on', 'vast-1', '—fresh');
    expect(exit).toBe(0);
  });

  it('asks for the second approver and runs nothing before', async () => {
    const strict = await site.configure('strict', [
      `roles: { operators: ["${me}"], approvers: ["cli:somebody-else", "cli:a-third"] }`,
      'approvals: { selfApproval: never, replace: 2 }',
    ]);
    await rm(path('vast-1', aliasName('hex8_2p')));
    await writeFile(path('vast-1', aliasName('hex8_2p')), checkpointOf('hex8_2p', 5));
    const before = treesOf(site);
    const fix = await runMedic(strict, ['fix', 'on', 'vast-1', '--json']);
    expect(fix.exit).toBe(0);
    const [hash] = hashesOf(listIn(fix.json['plans']));
    const denied = await runMedic(strict, ['approve', hash ?? '']);
    expect(denied.exit).toBe(3);
    expect(denied.stderr).toContain('you asked for it');
    expect(denied.stderr).toContain('cli:somebody-else');
    expect(treesOf(site)).toEqual(before);
  });

  it('counts one of two approvals with exit 5', async () => {
    const two = await site.configure('two', [
      `roles: { operators: ["cli:somebody-else"], approvers: ["${me}", "cli:a-third"] }`,
      'approvals: { selfApproval: never, replace: 2 }',
    ]);
    const before = treesOf(site);
    const office = await openOffice(configOf(two));
    const worker = await startRoot('worker', two);
    try {
      const { incident, plans } = await office.plan(['vast-1']);
      const [plan] = plans;
      if (plan === undefined) throw new Error('no plan');
      const request = await office.desk.request({ incident, plan, requester: 'cli:somebody-else', once: 'one' });
      expect(request).toBeDefined();
    } finally {
      await worker.stop();
    }
    const [plan] = listIn((await runMedic(two, ['pending', '--json'])).json['plans']);
    const { exit, stdout } = await runMedic(two, ['approve', text(plan?.['hash'])]);
    await office.close();
    expect(exit).toBe(5);
    expect(stdout).toContain('1 of 2');
    expect(treesOf(site)).toEqual(before);
  });

  it('tells every fault of a broken configuration at once, and connects to nothing', async () => {
    const file = join(site.folder, 'broken.yaml');
    await writeFile(
      file,
      [
        'inventroy: ./x.yaml',
        'inventory: ./nowhere.yaml',
        'knownHosts: ./nobody',
        'mode: sometimes',
        'stateDir: ./broken-state',
        '',
      ].join('\n'),
      { mode: 0o600 },
    );
    const { exit, stderr } = await runMedic(file, ['check']);
    expect(exit).toBe(78);
    for (const fault of ['inventroy', 'inventory', 'nowhere.yaml', 'nobody', 'mode', 'roles'])
      expect(stderr).toContain(fault);
    expect(stderr.trim().split('\n').length).toBeGreaterThanOrEqual(5);
    expect(await readdir(site.folder)).not.toContain('broken-state');
  });

  function treesOf({ nodes }: Site): Map<string, Record<string, string>> {
    return new Map(nodes.map(({ name, modelsDir }) => [name, treeOf(modelsDir)]));
  }
});

type Fields = Readonly<Record<string, unknown>>;

function objectIn(value: unknown): Fields {
  if (typeof value !== 'object' || value === null) throw new Error(`no object: ${JSON.stringify(value)}`);
  return { ...value };
}

function listIn(value: unknown): Fields[] {
  if (!Array.isArray(value)) throw new Error(`no list: ${JSON.stringify(value)}`);
  return value.map(objectIn);
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new Error(`no text: ${JSON.stringify(value)}`);
  return value;
}

function namesIn(value: unknown): string[] {
  return listIn(value).map(({ name }) => text(name));
}

function namesOfTargets(plans: readonly Fields[]): string[] {
  return [...new Set(plans.flatMap(({ targets }) => listIn(targets).map(({ node }) => text(node))))].toSorted();
}

function hashesOf(plans: readonly Fields[]): string[] {
  return plans.map(({ hash }) => text(hash)).toSorted();
}

function faultsIn(json: Fields): string[] {
  return listIn(json['findings'])
    .map(({ node, code, model, subject }) => [node, code, model, subject].join(' '))
    .toSorted();
}

function unknownIn(json: Fields): string[] {
  return listIn(json['unknown']).map(({ node, reason }) => `${text(node)} ${text(reason)}`);
}

function wanted(planted: readonly PlantedFault[]): string[] {
  return planted
    .filter(({ code }) => code !== 'refused')
    .map(({ node, code, model, subject }) => [node, code, model, subject].join(' '))
    .toSorted();
}

/** The one file in a receipt's quarantine that was called so, by its digest. */
function quarantined(modelsDir: string, receipt: string | undefined, name: string): string | undefined {
  const folder = join(modelsDir, '.medic', 'quarantine', receipt ?? '');
  const kept = readdirSync(folder).filter((file) => file.startsWith(name) && file.endsWith('.kept'));
  expect(kept).toHaveLength(1);
  // The cluster would take a name that ends in .pth for a model.
  expect(readdirSync(folder).filter((file) => /\.pth?$/.test(file))).toEqual([]);
  return sha256(readFileSync(join(folder, kept[0] ?? '')));
}
