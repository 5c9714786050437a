import { readdirSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aliasName, checkpointOf } from '../../src/demo/fleet/models.ts';
import { type EmbeddedRedis, startEmbeddedRedis } from '../../src/redis/embedded-redis.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { hashesOf, listIn, text } from '../support/flow/answer-fields.ts';
import { runMedic, startRoot } from '../support/flow/children.ts';
import { openOffice } from '../support/flow/office.ts';
import { redisState } from '../support/flow/redis-state.ts';
import { configOf, me, type Site, startRunbookSite } from '../support/flow/site.ts';
import { treeOf } from '../support/flow/tree.ts';

describe.skipIf(!hasTool('redis'))('what the shell refuses', () => {
  let site: Site;
  let config: string;
  let redis: EmbeddedRedis;
  const path = (node: string, name: string): string => join(site.node(node).modelsDir, name);
  const medic = (...words: string[]) => runMedic(config, words);

  beforeAll(async () => {
    site = await startRunbookSite();
    config = await site.configure('shell');
    // Kept open, so that no call has to start the server again.
    redis = await startEmbeddedRedis({ stateDir: configOf(config).stateDir });
    // The first call makes the shell's key.
    await medic('nodes');
  });

  afterAll(async () => {
    await redis?.close();
    await site?.close();
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
