import { chmodSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalName } from '../../src/demo/fleet/models.ts';
import { poll, processesWith } from '../ssh/node-for-tests.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { type Root, startRoot } from '../support/flow/children.ts';
import { hold, isHeld, pathLine, writeHoldingPrograms } from '../support/flow/held-node.ts';
import { type Office, openOffice } from '../support/flow/office.ts';
import { configOf, soleApprover, startSite } from '../support/flow/site.ts';
import { treeOf } from '../support/flow/tree.ts';
import { until } from '../support/flow/until.ts';

const nodes = ['vast-1', 'vast-2', 'vast-3', 'vast-4'];
const FILE = canonicalName('hex8_2p');

/** A relay's receiving end gets ten thousand bytes a second at most where `~/slow` is. */
const SLOWLY = `#!/bin/sh
real=/usr/bin/python3
if [ -e "$HOME/slow" ] && [ "$4" = take ]; then
  exec $real "$1" "$2" "$3" "$4" "$5" "$6" "$7" "$8" "$9" "\${10}" 10000
fi
exec $real "$@"
`;

describe.skipIf(!hasTool('sshd') || !hasTool('redis'))('a worker killed while bytes flow ahead', () => {
  let bin: string;
  let site: Awaited<ReturnType<typeof startSite>>;
  let config: string;
  let office: Office;
  let worker: Root;
  const path = (node: string, name: string): string => join(site.node(node).modelsDir, name);
  const tree = (node: string): Record<string, string> => treeOf(site.node(node).modelsDir);
  const temporaries = (node: string): string[] => Object.keys(tree(node)).filter((name) => name.startsWith('.medic-'));

  beforeAll(async () => {
    bin = await mkdtemp(join(tmpdir(), 'medic-held-'));
    writeHoldingPrograms(bin);
    writeFileSync(join(bin, 'python3'), SLOWLY);
    chmodSync(join(bin, 'python3'), 0o755);
    const held = nodes.map((name) => ({ name, config: [pathLine(bin)] }));
    site = await startSite([{ name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } }, ...held], ['hex8_2p']);
    config = await site.configure('ahead', [...soleApprover, 'transports: { relay: { from: 3, perSource: 2 } }']);
    office = await openOffice(configOf(config));
    worker = await startRoot('worker', config);
  });

  afterAll(async () => {
    await worker?.stop();
    await office?.close();
    await site?.close();
    await rm(bin, { recursive: true, force: true });
  });

  it('calls no node lost that had only bytes, discards them, and names what it cannot reach', {
    timeout: 300_000,
  }, async () => {
    for (const node of nodes) unlinkSync(path(node, FILE));
    const before = nodes.map(tree);
    const { incident, plans } = await office.plan(nodes);
    const [plan] = plans;
    if (plan === undefined) throw new Error('no plan');
    const [first = '', whole = '', apart = '', slow = ''] = plan.targets.map(({ node }) => node);
    expect(plan.relay).toHaveLength(nodes.length);
    hold(site.home(first), { at: 'before', name: FILE });
    writeFileSync(join(site.home(slow), 'slow'), '');
    const request = await office.approve(incident, plan);
    await until(`${first} waits`, () => isHeld(site.home(first)));
    for (const node of [whole, apart]) {
      await until(`all bytes are on ${node}`, async () =>
        (await office.entries(incident)).some(
          ({ event }) => event.kind === 'ahead_ended' && event.node === node && event.ok,
        ),
      );
    }
    await until(`bytes come to ${slow}`, () => temporaries(slow).some((name) => statSync(path(slow, name)).size > 0));
    const [left = ''] = temporaries(apart);
    await worker.kill();
    await site.node(apart).stop();
    await until(`what ran on ${first} ends with its worker`, () => !isHeld(site.home(first)));
    hold(site.home(first), undefined);
    worker = await startRoot('worker', config);
    const receipt = await office.receipt(incident, request, 120_000);
    const stopped = 'the worker was stopped before this node';
    expect(receipt.targets).toMatchObject([
      { node: first, outcome: 'lost' },
      { node: whole, outcome: 'not_started', detail: `${stopped}; what had come ahead of its turn was discarded` },
      {
        node: apart,
        outcome: 'not_started',
        detail: expect.stringContaining(`${stopped}; the partial file ${left} is`),
      },
      { node: slow, outcome: 'not_started', detail: `${stopped}; what had come ahead of its turn was discarded` },
    ]);
    await site.node(apart).start();
    expect(temporaries(apart)).toEqual([left]);
    rmSync(path(apart, left));
    // Nothing has a final name, nothing is left beside, and nothing listens.
    expect(nodes.map(tree)).toEqual(before);
    const digest = site.checkpoints.get('hex8_2p')?.digest ?? '';
    expect(
      await poll(
        () => processesWith(digest),
        (count) => count === 0,
      ),
    ).toBe(0);
  });
});
