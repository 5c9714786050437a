import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { goneNodes } from '../../src/domain/miss.ts';
import { runCheck } from '../../src/engine/run-check.ts';
import { SCHEDULE } from '../../src/engine/scheduled-look.ts';
import { type EmbeddedRedis, startEmbeddedRedis } from '../../src/redis/embedded-redis.ts';
import { newId } from '../../src/wire.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { openWorkshop, type Workshop } from '../support/flow/kit.ts';
import { type Office, openOffice } from '../support/flow/office.ts';
import { configOf, startSite } from '../support/flow/site.ts';

describe.skipIf(!hasTool('sshd') || !hasTool('redis'))('nodes that vanish', () => {
  let site: Awaited<ReturnType<typeof startSite>>;
  let redis: EmbeddedRedis;
  let office: Office;
  let workshop: Workshop;

  beforeAll(async () => {
    const coordinator = { name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } };
    const spot = { name: 'vast-1', extra: { is_ephemeral: true } };
    const noted = { name: 'vast-2', extra: { note: 'Instance terminated' } };
    site = await startSite([coordinator, { name: 'nebius-1' }, spot, noted], ['hex8_2p']);
    const config = configOf(await site.configure('gone'));
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

  /** One look of the schedule at everything, as the worker makes it. */
  async function scheduled(): Promise<string[]> {
    const { kit } = workshop;
    const { nodes, digest } = kit.inventory.current();
    const incident = newId('i-');
    const scope = { models: ['hex8_2p'], nodes: nodes.map(({ name }) => name), checks: ['reachable', 'model-present'] };
    await kit.ledger.append(incident, {
      kind: 'opened',
      by: SCHEDULE,
      text: 'scheduled look',
      alert: 'scheduled look',
      scope,
    });
    await runCheck(kit, { incident, scope, fresh: false, inventory: digest });
    const { findings } = await office.incident(incident);
    return findings.map(({ node, code }) => `${node} ${code}`);
  }

  it('are told after three looks over a restart of the worker, or collect in a list where they come and go', async () => {
    for (const node of ['nebius-1', 'vast-1', 'vast-2']) await site.node(node).stop();
    expect(await scheduled()).toEqual([]);
    expect(await scheduled()).toEqual([]);
    await workshop.close();
    workshop = openWorkshop(office, (real) => real);
    expect(await scheduled()).toEqual(['nebius-1 node_unreachable']);
    const { kit } = workshop;
    const gone = async () =>
      goneNodes(kit.inventory.current().nodes, await kit.misses.all(), kit.missesMax).map(({ node }) => node);
    expect(await gone()).toEqual(['vast-1', 'vast-2']);
    for (const node of ['nebius-1', 'vast-1']) await site.node(node).start();
    expect(await scheduled()).toEqual([]);
    expect(await gone()).toEqual(['vast-2']);
  });

  it('are not the same as a source of models that does not answer', async () => {
    await site.node('mac-studio').stop();
    for (let look = 0; look < 2; look += 1) expect(await scheduled()).toEqual([]);
    expect(await scheduled()).toEqual(['mac-studio coordinator_down']);
  });
});
