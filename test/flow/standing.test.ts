import { readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aliasName } from '../../src/demo/fleet/models.ts';
import { type EmbeddedRedis, startEmbeddedRedis } from '../../src/redis/embedded-redis.ts';
import { actions } from '../../src/registry/actions.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { listIn, namesOfTargets, text } from '../support/flow/answer-fields.ts';
import { runMedic } from '../support/flow/children.ts';
import { openWorkshop } from '../support/flow/kit.ts';
import { openOffice } from '../support/flow/office.ts';
import { configOf, startSite } from '../support/flow/site.ts';
import { treeOf } from '../support/flow/tree.ts';

const nodes = ['vast-1', 'vast-2'];
const alias = aliasName('hex8_2p');

describe.skipIf(!hasTool('sshd') || !hasTool('redis'))('what is locked or read-only', () => {
  let site: Awaited<ReturnType<typeof startSite>>;
  let config: string;
  let redis: EmbeddedRedis;
  const path = (node: string, name: string): string => join(site.node(node).modelsDir, name);
  const trees = () => nodes.map((node) => treeOf(site.node(node).modelsDir));
  const medic = (...words: string[]) => runMedic(config, words);

  beforeAll(async () => {
    const all = [
      { name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } },
      ...nodes.map((name) => ({ name })),
    ];
    site = await startSite(all, ['hex8_2p']);
    config = await site.configure('standing');
    redis = await startEmbeddedRedis({ stateDir: configOf(config).stateDir });
  });

  afterAll(async () => {
    await redis?.close();
    await site?.close();
  });

  it('is left out of plans, and stops an approved plan', async () => {
    for (const node of nodes) unlinkSync(path(node, alias));
    const broken = trees();
    const whole = await medic('fix', '--json');
    const hash = text(listIn(whole.json['plans'])[0]?.['hash']);
    expect(namesOfTargets(listIn(whole.json['plans']))).toEqual(nodes);

    expect((await medic('lock', 'vast-1', 'a', 'new', 'disk')).exit).toBe(0);
    const refused = await medic('approve', hash);
    expect(refused.exit).toBe(3);
    expect(refused.stderr).toContain('vast-1 is locked by');
    expect(trees()).toEqual(broken);

    const part = await medic('fix', '--json');
    expect(namesOfTargets(listIn(part.json['plans']))).toEqual(['vast-2']);
    expect(JSON.stringify(part.json['refusals'])).toContain('a new disk');
    const hashOfPart = text(listIn(part.json['plans'])[0]?.['hash']);

    expect((await medic('readonly', 'on', 'network', 'work')).exit).toBe(0);
    expect((await medic('approve', hashOfPart)).stderr).toContain('network work');
    expect((await medic('readonly', 'off', 'it', 'is', 'over')).exit).toBe(0);

    // The worker's own machine has the last word, whatever was signed.
    const file = join(configOf(config).stateDir, 'readonly');
    writeFileSync(file, 'audit of the machine\n');
    const frozen = await medic('approve', hashOfPart);
    expect(frozen.exit).toBe(5);
    expect(frozen.stdout).toContain('audit of the machine');
    expect(trees()).toEqual(broken);
    rmSync(file);

    expect((await medic('unlock', 'vast-1')).exit).toBe(0);
    const last = await medic('fix', '--json');
    expect((await medic('approve', text(listIn(last.json['plans'])[0]?.['hash']))).exit).toBe(0);
    expect((await medic('check', '--json')).exit).toBe(0);
  });

  it('is excluded: it does not count, is changed by nothing, and is looked at before it counts again', async () => {
    expect((await medic('exclude', 'vast-1', 'for', '7d', 'its', 'disk')).exit).toBe(0);
    unlinkSync(path('vast-1', alias));
    const seen = await medic('check');
    expect(seen.exit, seen.stdout).toBe(0);
    expect(seen.stdout).toMatch(/^✓ .* right on 2 nodes \(.*\) · 1 excluded$/m);
    const named = await medic('check', 'on', 'vast-1');
    expect(named.exit).toBe(2);
    expect(named.stderr).toContain('“include vast-1” lets it count again');
    expect(listIn((await medic('fix', '--json')).json['plans'])).toEqual([]);
    const included = await medic('include', 'vast-1', '--json');
    expect(listIn(included.json['findings']).map((one) => text(one['code']))).toEqual(['alias_missing']);
    const [plan = {}] = listIn((await medic('fix', '--json')).json['plans']);
    expect((await medic('approve', text(plan['hash']))).exit).toBe(0);
    expect((await medic('check')).stdout).not.toContain('excluded');
  });

  it('becomes so by itself when changes do not help', async () => {
    const office = await openOffice(configOf(await site.configure('failing')));
    const setAlias = actions.get('set-alias')?.script ?? '';
    // After each alias somebody else points it elsewhere: the change runs, and its check is not clear.
    const workshop = openWorkshop(office, (real) => ({
      ...real,
      async run(node, run) {
        const result = await real.run(node, run);
        if (run.script !== setAlias) return result;
        unlinkSync(path(node.name, alias));
        writeFileSync(path(node.name, alias), readFileSync('/dev/null'));
        return result;
      },
    }));
    try {
      await workshop.plan(nodes);
      const receipts = [];
      for (let round = 0; round < 3; round += 1) {
        for (const node of nodes) rmSync(path(node, alias), { force: true });
        const { incident, plans } = await workshop.plan(['vast-1']);
        const plan = plans.find(({ repair }) => repair === 'link-aliases');
        if (plan === undefined) throw new Error('nothing was planned');
        receipts.push(await workshop.run(incident, plan));
      }
      expect(receipts.map(({ note }) => note)).toEqual([
        undefined,
        undefined,
        expect.stringContaining('3 verifications failed'),
      ]);
      const standing = await office.memory.orders.standing();
      expect(standing.readonly?.by).toBe('alert:worker');
      const { incident, plans } = await workshop.plan(['vast-2']);
      const [plan] = plans;
      if (plan === undefined) throw new Error('nothing was planned');
      await expect(office.approve(incident, plan)).rejects.toThrow('read_only');
    } finally {
      await workshop.close();
      await office.close();
    }
  });
});
