import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aliasName, canonicalName } from '../../src/demo/fleet/models.ts';
import { type EmbeddedRedis, startEmbeddedRedis } from '../../src/redis/embedded-redis.ts';
import { poll, processesWith } from '../ssh/node-for-tests.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { listIn, namesOfTargets, objectIn, text } from '../support/flow/answer-fields.ts';
import { runMedic } from '../support/flow/children.ts';
import { configOf, soleApprover, startSite } from '../support/flow/site.ts';
import { sha256 } from '../support/flow/tree.ts';

const nodes = ['vast-1', 'vast-2', 'vast-3'];
const model = 'hex8_2p';

describe.skipIf(!hasTool('sshd') || !hasTool('redis'))('distributing by relay', { timeout: 300_000 }, () => {
  let site: Awaited<ReturnType<typeof startSite>>;
  let config: string;
  let redis: EmbeddedRedis;
  const path = (node: string, name: string): string => join(site.node(node).modelsDir, name);
  const medic = (...words: string[]) => runMedic(config, words);

  beforeAll(async () => {
    const all = [
      { name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } },
      ...nodes.map((name) => ({ name })),
      { name: 'other-1', extra: { untrusted: true } },
    ];
    site = await startSite(all, [model]);
    config = await site.configure('relay', [...soleApprover, 'transports: { relay: { from: 3, perSource: 1 } }']);
    redis = await startEmbeddedRedis({ stateDir: configOf(config).stateDir });
  });
  afterAll(async () => {
    await redis?.close();
    await site?.close();
  });

  it('shows the tree, brings the model along it, and leaves nothing that listens', async () => {
    const good = sha256(readFileSync(path('mac-studio', canonicalName(model))));
    for (const node of nodes) for (const name of [canonicalName(model), aliasName(model)]) rmSync(path(node, name));
    const asked = await medic('distribute', model, 'to', 'vast-*', '--transport', 'relay', '--json');
    const [plan = {}] = listIn(asked.json['plans']);
    expect(namesOfTargets([plan]), asked.stderr).toEqual(nodes);
    const shown = await medic('plan', text(plan['hash']));
    expect(shown.stdout).toMatch(
      /relay mac-studio -> vast-1 [\s\S]*relay vast-1 -> vast-2 [\s\S]*relay vast-2 -> vast-3 /,
    );
    const run = await medic('approve', text(plan['hash']), '--json');
    expect(run.exit, run.stdout + run.stderr).toBe(0);
    for (const node of nodes) expect(sha256(readFileSync(path(node, aliasName(model)))), node).toBe(good);
    const told = await medic('timeline', text(asked.json['incident']));
    expect(told.stdout).toMatch(/by relay from vast-1/);
    const left = () => processesWith(good);
    expect(await poll(left, (count) => count === 0)).toBe(0);
  });

  it('relays by itself to many nodes, and never to one that is not trusted', async () => {
    for (const node of [...nodes, 'other-1']) rmSync(path(node, canonicalName(model)));
    const refused = await medic('distribute', model, 'to', 'other-1', '--transport', 'relay');
    expect(refused.exit, refused.stdout).toBe(3);
    expect(refused.stdout).toContain('untrusted');
    const asked = await medic('distribute', model, '--json');
    const [plan = {}] = listIn(asked.json['plans']);
    expect(namesOfTargets([plan]).toSorted()).toEqual(['other-1', ...nodes]);
    const shown = await medic('plan', text(plan['hash']));
    expect(shown.stdout).toContain('relay mac-studio -> vast-1');
    expect(shown.stdout).not.toMatch(/relay .*other-1/);
    const run = await medic('approve', text(plan['hash']), '--json');
    expect(run.exit, run.stdout + run.stderr).toBe(0);
    const outcomes = listIn(objectIn(run.json['receipt'])['targets']).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['verified', 'verified', 'verified', 'verified']);
  });
});
