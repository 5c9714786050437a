import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalName, checkpointOf } from '../../src/demo/fleet/models.ts';
import { type EmbeddedRedis, startEmbeddedRedis } from '../../src/redis/embedded-redis.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { listIn, text } from '../support/flow/answer-fields.ts';
import { runMedic } from '../support/flow/children.ts';
import { configOf, startSite } from '../support/flow/site.ts';
import { treeOf } from '../support/flow/tree.ts';

describe.skipIf(!hasTool('sshd') || !hasTool('redis') || !hasTool('torch'))('verify --load', () => {
  let site: Awaited<ReturnType<typeof startSite>>;
  let config: string;
  let redis: EmbeddedRedis;
  const medic = (...words: string[]) => runMedic(config, words);

  beforeAll(async () => {
    site = await startSite(
      [{ name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } }, { name: 'vast-1' }, { name: 'vast-2' }],
      ['hex8_2p'],
    );
    config = await site.configure('load');
    redis = await startEmbeddedRedis({ stateDir: configOf(config).stateDir });
  });

  afterAll(async () => {
    await redis?.close();
    await site?.close();
  });

  it('loads what is on record with the node’s own torch, changes nothing, and says it node by node', async () => {
    // Other bytes are told as such and are never loaded.
    writeFileSync(join(site.node('vast-2').modelsDir, canonicalName('hex8_2p')), checkpointOf('hex8_2p', 5));
    const before = treeOf(site.node('vast-1').modelsDir);
    const { exit, json, stdout, stderr } = await medic('verify', 'hex8_2p', '--load', '--json');
    expect(exit, stdout + stderr).toBe(1);
    const words = new Map(listIn(json['verdicts']).map((one) => [text(one['node']), text(one['words'])]));
    expect(words.get('vast-1')).toMatch(/alias right, sound inside, loads$/);
    expect(words.get('vast-2')).toContain('digest_mismatch');
    expect(words.get('vast-2')).not.toContain('loads');
    expect(treeOf(site.node('vast-1').modelsDir)).toEqual(before);
  });

  it('is a probe: who may only look is refused, and no check by name does it', async () => {
    const looker = await site.configure('load-looker', ['roles: { operators: [], approvers: [] }']);
    const refused = await runMedic(looker, ['verify', 'hex8_2p', '--load']);
    expect(refused.exit).toBe(3);
    expect(refused.stderr + refused.stdout).toContain('is a probe');
    const named = await medic('check', '--only', 'model-loads');
    expect(named.exit).toBe(2);
    expect(named.stderr + named.stdout).toContain('is no check');
  });
});
