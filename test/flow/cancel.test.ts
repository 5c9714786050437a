import { rmSync, unlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { aliasName, canonicalName } from '../../src/demo/fleet/models.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { type Root, runMedic, startRoot } from '../support/flow/children.ts';
import { hold, isHeld, type Moment, pathLine, writeHoldingPrograms } from '../support/flow/held-node.ts';
import { type Office, openOffice } from '../support/flow/office.ts';
import { configOf, me, startSite } from '../support/flow/site.ts';
import { treeOf } from '../support/flow/tree.ts';
import { until } from '../support/flow/until.ts';

const nodes = ['vast-1', 'vast-2'];

describe.skipIf(!hasTool('sshd') || !hasTool('redis'))('a change that is cancelled', () => {
  let bin: string;
  let site: Awaited<ReturnType<typeof startSite>>;
  let config: string;
  let office: Office;
  let worker: Root;
  const path = (node: string, name: string): string => join(site.node(node).modelsDir, name);
  const tree = (node: string): Record<string, string> => treeOf(site.node(node).modelsDir);

  beforeAll(async () => {
    bin = await mkdtemp(join(tmpdir(), 'medic-held-'));
    writeHoldingPrograms(bin);
    const held = nodes.map((name) => ({ name, config: [pathLine(bin)] }));
    site = await startSite([{ name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } }, ...held], ['hex8_2p']);
    config = await site.configure('cancel');
    office = await openOffice(configOf(config));
    worker = await startRoot('worker', config);
  });

  afterEach(() => {
    for (const node of nodes) hold(site.home(node), undefined);
  });

  afterAll(async () => {
    await worker?.stop();
    await office?.close();
    await site?.close();
    await rm(bin, { recursive: true, force: true });
  });

  /** Breaks both nodes, approves their plan and waits until the first node stands at the moment. */
  async function runningAt(moment: Moment, damage: (node: string) => void) {
    for (const node of nodes) damage(node);
    const before = new Map(nodes.map((node) => [node, tree(node)]));
    const { incident, plans } = await office.plan(nodes);
    const [plan] = plans;
    if (plan === undefined || plans.length > 1) throw new Error(`${plans.length} plans`);
    const first = plan.targets[0]?.node ?? '';
    hold(site.home(first), moment);
    const request = await office.approve(incident, plan);
    await until(`${first} waits`, () => isHeld(site.home(first)));
    const { receipt } = (await office.incident(incident)).executions[0] ?? {};
    if (receipt === undefined) throw new Error('nothing runs');
    return { incident, request, receipt, first, second: plan.targets[1]?.node ?? '', before };
  }

  it('while a model arrives leaves the names, the disk and the next node as they were', async () => {
    const run = await runningAt({ at: 'arriving' }, (node) => unlinkSync(path(node, canonicalName('hex8_2p'))));
    const said = await runMedic(config, ['cancel', run.receipt, '--json']);
    expect(said.exit, said.stderr).toBe(0);
    const receipt = await office.receipt(run.incident, run.request);
    expect(receipt).toMatchObject({
      cancelledBy: me,
      targets: [
        { node: run.first, outcome: 'rolled_back', detail: expect.stringContaining('cancelled') },
        { node: run.second, outcome: 'not_started', detail: `cancelled by ${me}` },
      ],
    });
    // The remote end of the transfer is gone, and its partial file with it.
    await until('the node is let go', () => !isHeld(site.home(run.first)));
    for (const node of nodes) expect(tree(node), node).toEqual(run.before.get(node));
    const again = await runMedic(config, ['cancel', run.receipt]);
    expect(again.exit).toBe(5);
    expect(again.stderr + again.stdout).toContain('has ended already');
  });

  it('between two steps is taken back on the node that was begun', async () => {
    const name = canonicalName('hex8_2p');
    const run = await runningAt({ at: 'before', name }, (node) => {
      for (const gone of [name, aliasName('hex8_2p')]) rmSync(path(node, gone), { force: true });
    });
    expect((await runMedic(config, ['cancel', run.incident])).exit).toBe(0);
    await until(
      'the wish is known',
      async () => (await office.incident(run.incident)).executions[0]?.cancelledBy === me,
    );
    // The step that runs is let end; what it did is taken back.
    hold(site.home(run.first), undefined);
    const receipt = await office.receipt(run.incident, run.request);
    expect(receipt.targets).toMatchObject([
      { outcome: 'rolled_back', detail: `cancelled by ${me}` },
      { outcome: 'not_started', detail: `cancelled by ${me}` },
    ]);
    for (const node of nodes) expect(tree(node), node).toEqual(run.before.get(node));
  });
});
