import { describe, expect, it } from 'vitest';
import type { KnownNodes } from '../../src/contract/known-nodes.ts';
import { incidentOf } from '../../src/domain/incident.ts';
import { noticeNodes } from '../../src/engine/notice-nodes.ts';
import { createCommandWorld } from '../support/builders/command-world.ts';

function world() {
  const made = createCommandWorld();
  let kept: readonly string[] | undefined;
  const known: KnownNodes = {
    get: async () => kept,
    set: async (names) => {
      kept = [...names];
    },
  };
  const { inventory } = made.context;
  const notice = (names: readonly string[]) => {
    const nodes = inventory.nodes.filter(({ name, coordinator }) => coordinator || names.includes(name));
    return noticeNodes(known, { ...made.context, channel: 'C0OPS', inventory: { ...inventory, nodes } });
  };
  return { ...made, notice, kept: () => kept };
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
    expect(kept()).toEqual(['vast-1', 'vast-2']);
  });

  it('is new again when it comes back after it had left', async () => {
    const { notice, dispatched, kept } = world();
    await notice(['vast-1', 'vast-2']);
    await notice(['vast-1']);
    expect(kept()).toEqual(['vast-1']);
    expect(dispatched.check).toEqual([]);
    expect(await notice(['vast-1', 'vast-2'])).toMatch(/^i-/);
  });
});
