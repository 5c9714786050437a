import { describe, expect, it } from 'vitest';
import type { KnownNodes } from '../../src/contract/known-nodes.ts';
import { incidentOf } from '../../src/domain/incident.ts';
import type { KnownNode } from '../../src/domain/inventory-changes.ts';
import type { Node } from '../../src/domain/node.ts';
import { noticeNodes, tellFaults } from '../../src/engine/notice-nodes.ts';
import { createCommandWorld } from '../support/builders/command-world.ts';

function world() {
  const made = createCommandWorld();
  let kept: readonly KnownNode[] | undefined;
  const known: KnownNodes = {
    get: async () => kept,
    set: async (nodes) => {
      kept = [...nodes];
    },
  };
  const { inventory } = made.context;
  const notice = (names: readonly string[], over: Readonly<Record<string, Partial<Node>>> = {}) => {
    const nodes = inventory.nodes
      .filter(({ name, coordinator }) => coordinator || names.includes(name))
      .map((node) => ({ ...node, ...over[node.name] }));
    return noticeNodes(known, { ...made.context, channel: 'C0OPS', inventory: { ...inventory, nodes } });
  };
  const { ledger } = made.context;
  const said = async () =>
    (
      await Promise.all((await ledger.recent(20)).map(async (id) => incidentOf(await ledger.entries(id))?.notice ?? []))
    ).filter((lines) => lines.length > 0);
  return { ...made, notice, said, kept: () => kept?.map(({ name }) => name) };
}

describe('a node of the inventory', () => {
  it('is known from the first reading on, and told of when it is new', async () => {
    const { notice, dispatched, context, kept } = world();
    expect(await notice(['vast-1'])).toBeUndefined();
    expect(await notice(['vast-1'])).toBeUndefined();
    const incident = (await notice(['vast-1', 'vast-2'])) ?? '';
    expect(dispatched.check).toMatchObject([
      { incident, scope: { nodes: ['vast-2'], models: ['hex8_2p', 'hex8_3p'] } },
    ]);
    expect(incidentOf(await context.ledger.entries(incident))).toMatchObject({
      text: 'new in the inventory: vast-2',
      openedBy: 'alert:inventory',
      place: { channel: 'C0OPS' },
      untold: false,
    });
    expect(await notice(['vast-1', 'vast-2'])).toBeUndefined();
    expect(kept()).toEqual(['hub', 'vast-1', 'vast-2']);
  });

  it('is new again when it comes back after it had left', async () => {
    const { notice, dispatched, kept } = world();
    await notice(['vast-1', 'vast-2']);
    await notice(['vast-1']);
    expect(kept()).toEqual(['hub', 'vast-1']);
    expect(dispatched.check).toEqual([]);
    expect(await notice(['vast-1', 'vast-2'])).toMatch(/^i-/);
  });

  it('is said to have left, once', async () => {
    const { notice, said } = world();
    await notice(['vast-1', 'vast-2']);
    await notice(['vast-1']);
    await notice(['vast-1']);
    expect(await said()).toEqual([['the inventory changed: left the inventory: vast-2']]);
  });

  it('is looked at when it is reached elsewhere: it may be another machine', async () => {
    const { notice, said, dispatched } = world();
    await notice(['vast-1', 'vast-2']);
    const elsewhere = { 'vast-1': { addresses: [{ host: '192.0.2.77', port: 22 }] } };
    expect(await notice(['vast-1', 'vast-2'], elsewhere)).toMatch(/^i-/);
    expect(dispatched.check).toMatchObject([{ scope: { nodes: ['vast-1'] } }]);
    expect(JSON.stringify(await said())).toContain('vast-1: it is reached at another address');
    expect(JSON.stringify(await said())).not.toContain('192.0.2.77');
    expect(await notice(['vast-1', 'vast-2'], elsewhere)).toBeUndefined();
  });

  it('is in a version that cannot be used: that is said with its place, and not every time', async () => {
    const { context, said } = world();
    const options = { ...context, channel: 'C0OPS' };
    const faults = [{ place: '/etc/medic/distributed_hosts.yaml:12 hosts.vast-3', text: 'must be a map of keys' }];
    await tellFaults(faults, options);
    await tellFaults(faults, options);
    expect(await said()).toEqual([
      [
        'the new version of the inventory cannot be used; the one before stays in use',
        'distributed_hosts.yaml:12 hosts.vast-3: must be a map of keys',
      ],
    ]);
  });
});
