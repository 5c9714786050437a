import { rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aliasName, canonicalName } from '../../src/demo/fleet/models.ts';
import { usualChecks } from '../../src/domain/asked-scope.ts';
import type { OutsideChange } from '../../src/domain/outside.ts';
import { runCheck } from '../../src/engine/run-check.ts';
import { type EmbeddedRedis, startEmbeddedRedis } from '../../src/redis/embedded-redis.ts';
import { checks } from '../../src/registry/jobs.ts';
import { newId } from '../../src/wire.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { openWorkshop, type Workshop } from '../support/flow/kit.ts';
import { type Office, openOffice } from '../support/flow/office.ts';
import { configOf, me, soleApprover, startSite } from '../support/flow/site.ts';

const alias = aliasName('hex8_2p');
const canonical = canonicalName('hex8_2p');

describe.skipIf(!hasTool('sshd') || !hasTool('redis'))('a change on a node', () => {
  let site: Awaited<ReturnType<typeof startSite>>;
  let redis: EmbeddedRedis;
  let office: Office;
  let workshop: Workshop;
  const path = (node: string, name: string): string => join(site.node(node).modelsDir, name);

  beforeAll(async () => {
    const coordinator = { name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } };
    site = await startSite([coordinator, { name: 'vast-1' }, { name: 'vast-2' }], ['hex8_2p']);
    const config = configOf(await site.configure('outside', [...soleApprover, 'limits: { diskWarnPercent: 100 }']));
    redis = await startEmbeddedRedis({ stateDir: config.stateDir });
    office = await openOffice(config);
    workshop = openWorkshop(office, (real) => real);
  }, 300_000);

  afterAll(async () => {
    await workshop?.close();
    await office?.close();
    await redis?.close();
    await site?.close();
  });

  /** What one look at everything calls changed outside medic. */
  async function outside(): Promise<readonly OutsideChange[]> {
    const { kit } = workshop;
    const { nodes, digest } = kit.inventory.current();
    const incident = newId('i-');
    const scope = { models: ['hex8_2p'], nodes: nodes.map(({ name }) => name), checks: usualChecks(checks) };
    await kit.ledger.append(incident, { kind: 'opened', by: me, text: 'check', scope });
    await runCheck(kit, { incident, scope, fresh: false, inventory: digest });
    return (await office.incident(incident)).look?.report.outside ?? [];
  }

  it('that nobody of medic made is told with what it was and is, between when, and whose it is', async () => {
    expect(await outside(), 'nobody had looked before').toEqual([]);
    expect(await outside()).toEqual([]);
    const beforeMs = Date.now();
    unlinkSync(path('vast-1', alias));
    const [gone, ...more] = await outside();
    expect(more).toEqual([]);
    expect(gone).toMatchObject({ node: 'vast-1', name: alias, before: `-> ${canonical}`, after: 'missing' });
    expect(gone?.owner).toBeUndefined();
    expect(Date.parse(gone?.since ?? '')).toBeLessThan(beforeMs);
    expect(Date.parse(gone?.until ?? '')).toBeGreaterThanOrEqual(beforeMs);
    symlinkSync(canonical, path('vast-1', alias));
    expect(await outside()).toMatchObject([
      { node: 'vast-1', name: alias, before: 'missing', after: `-> ${canonical}`, owner: userInfo().username },
    ]);
    expect(await outside(), 'it is told once').toEqual([]);
  });

  it('that is other bytes of one file, on two nodes, is told for both', async () => {
    for (const node of ['vast-1', 'vast-2']) writeFileSync(path(node, canonical), 'somebody’s own');
    expect(await outside()).toMatchObject([
      { node: 'vast-1', name: canonical, after: 'file of 16 bytes' },
      { node: 'vast-2', name: canonical, after: 'file of 16 bytes' },
    ]);
  });

  it('that a plan of medic made is not told, also where somebody touched the node in the same time', async () => {
    rmSync(path('vast-1', alias));
    await outside();
    const { incident, plans } = await workshop.plan(['vast-1', 'vast-2']);
    for (const plan of plans) {
      const { targets } = await workshop.run(incident, plan);
      expect(targets.map(({ outcome }) => outcome)).not.toContain('lost');
    }
    expect(await outside()).toEqual([]);
    expect(await outside()).toEqual([]);
  });

  it('on a node that does not answer is told when it answers again', async () => {
    await outside();
    rmSync(path('vast-2', alias));
    await site.node('vast-2').stop();
    expect(await outside()).toEqual([]);
    await site.node('vast-2').start();
    expect(await outside()).toMatchObject([{ node: 'vast-2', name: alias, after: 'missing' }]);
  });
});
