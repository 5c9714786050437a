import { unlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Queue } from 'bullmq';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { canonicalName } from '../../src/demo/fleet/models.ts';
import { openInventory } from '../../src/wire.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { type Root, startRoot } from '../support/flow/children.ts';
import { changesOn, hold, isHeld, pathLine, writeHoldingPrograms } from '../support/flow/held-node.ts';
import { type Office, openOffice, quiet } from '../support/flow/office.ts';
import { configOf, startSite } from '../support/flow/site.ts';
import { treeOf } from '../support/flow/tree.ts';
import { until } from '../support/flow/until.ts';

const nodes = ['vast-1', 'vast-2', 'vast-3', 'vast-4'];
const canonical = canonicalName('hex8_2p');
/** More looks than three workers take at once, so that each of four has some. */
const LOOKS = 64;

describe.skipIf(!hasTool('sshd') || !hasTool('redis'))('one of four workers, killed with SIGKILL', () => {
  let bin: string;
  let site: Awaited<ReturnType<typeof startSite>>;
  let office: Office;
  let config: string;
  let workers: Root[];

  beforeAll(async () => {
    bin = await mkdtemp(join(tmpdir(), 'medic-held-'));
    writeHoldingPrograms(bin);
    const held = nodes.map((name) => ({ name, config: [pathLine(bin)] }));
    site = await startSite([{ name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } }, ...held], ['hex8_2p']);
    config = await site.configure('four');
    office = await openOffice(configOf(config));
    workers = await Promise.all(nodes.map(() => startRoot('worker', config)));
  }, 300_000);

  afterEach(() => {
    for (const node of nodes) hold(site.home(node), undefined);
  });

  afterAll(async () => {
    await Promise.all((workers ?? []).map((worker) => worker.kill()));
    await office?.close();
    await site?.close();
    await rm(bin, { recursive: true, force: true });
  });

  it('in the middle of a sweep loses no look', async () => {
    const inventory = openInventory(office.config, quiet).current().digest;
    hold(site.home('vast-1'), { at: 'first look' });
    const incidents: string[] = [];
    for (let count = 0; count < LOOKS; count += 1) {
      const { incident, scope } = await office.open(['vast-1'], 'check');
      incidents.push(incident);
      await office.dispatch.check({ incident, scope, fresh: true, inventory });
    }
    await until('a look waits', () => isHeld(site.home('vast-1')));
    const pids = await until('every worker has looks', async () => {
      const found = await takers('check');
      return new Set(found).size === workers.length ? found : undefined;
    });
    const [dead = 0] = pids;
    await kill(dead);
    hold(site.home('vast-1'), undefined);
    const kinds = async (incident: string) => (await office.entries(incident)).map(({ event }) => event.kind);
    for (const incident of incidents)
      await until(`${incident} was looked at`, async () => (await kinds(incident)).includes('checked'), 90_000);
    const begun = (await Promise.all(incidents.map(kinds))).flat().filter((kind) => kind === 'check_started').length;
    // What the dead one had begun was begun again, and nothing else.
    expect(begun).toBeGreaterThan(LOOKS);
    expect(begun).toBeLessThanOrEqual(LOOKS + 16);
    workers.push(await startRoot('worker', config));
  });

  it('in the middle of a distribution repeats no change: told as it is, and the next plan brings the rest', async () => {
    for (const node of nodes) unlinkSync(join(site.node(node).modelsDir, canonical));
    const { incident, plans } = await office.plan(nodes);
    const [plan] = plans;
    if (plan === undefined) throw new Error('no plan');
    const order = plan.targets.map(({ node }) => node);
    const second = order[1] ?? '';
    hold(site.home(second), { at: 'arriving' });
    const request = await office.approve(incident, plan);
    await until(`${second} has half of it`, () => isHeld(site.home(second)), 60_000);
    const [taker = 0] = await takers('execute');
    await kill(taker);
    hold(site.home(second), undefined);
    const receipt = await office.receipt(incident, request, 90_000);
    expect(receipt.targets[0]).toMatchObject({ node: order[0], outcome: 'verified' });
    expect(receipt.targets[1]).toMatchObject({ node: second, outcome: 'lost' });
    expect((await office.incident(incident)).executions).toHaveLength(1);
    const again = await office.plan(nodes);
    const [rest] = again.plans;
    if (rest === undefined) throw new Error('no plan for the rest');
    expect(rest.targets.map(({ node }) => node)).not.toContain(order[0]);
    const done = await office.receipt(again.incident, await office.approve(again.incident, rest), 90_000);
    expect(done.targets.map(({ outcome }) => outcome)).toEqual(rest.targets.map(() => 'verified'));
    const good = treeOf(site.node('mac-studio').modelsDir)[canonical];
    for (const node of nodes) {
      expect(treeOf(site.node(node).modelsDir)[canonical], node).toBe(good);
      expect(changesOn(site.home(node)), node).toEqual([canonical]);
    }
  });

  /** Process ids of the workers that have jobs of this queue in work. */
  async function takers(name: string): Promise<number[]> {
    const queue = new Queue(name, { connection: office.queues.connection, prefix: office.queues.prefix });
    try {
      const active = await queue.getActive(0, LOOKS);
      return active.map((job) => Number(job.processedBy?.split('-').at(-1)));
    } finally {
      await queue.close();
    }
  }

  async function kill(pid: number): Promise<void> {
    const worker = workers.find((one) => one.pid === pid);
    if (worker === undefined) throw new Error(`no worker has the process id ${pid}`);
    await worker.kill();
    workers = workers.filter((one) => one !== worker);
  }
});
