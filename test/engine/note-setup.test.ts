import { describe, expect, it } from 'vitest';
import { incidentOf } from '../../src/domain/incident.ts';
import { type Read, setupOf, setupWords } from '../../src/domain/setup.ts';
import { createSetupNote, tellSetups } from '../../src/engine/note-setup.ts';
import { createMemoryLedger } from '../support/builders/memory-ledger.ts';
import { createMemoryOrders } from '../support/builders/memory-orders.ts';
import { aDigest, NOON } from '../support/builders/plans.ts';
import { aNode } from '../support/nodes.ts';

const read = {
  inventory: aDigest('a'),
  models: [{ name: 'hex8_2p' }],
  coordinator: 'mac-studio',
  roles: { operators: ['cli:a'] },
  mode: 'act' as const,
};
const readingOf = (of: typeof read): Read => ({ setup: setupOf(of), words: setupWords(of) });

/** Two sides over the same orders, and a channel. */
function world() {
  let nowMs = Date.parse(NOON);
  const now = () => new Date(nowMs);
  const [ledger, orders] = [createMemoryLedger(now), createMemoryOrders()];
  const setups: Record<'desk' | 'worker', Read> = { desk: readingOf(read), worker: readingOf(read) };
  const note = (side: 'desk' | 'worker') => createSetupNote({ orders, side, read: () => setups[side], now });
  const inventory = { nodes: [aNode('vast-1')], digest: aDigest('a'), notes: [] };
  const options = { ledger, inventory, models: [{ name: 'hex8_2p' }], channel: 'C0OPS', now };
  return {
    orders,
    setups,
    note,
    pass: (ms: number) => void (nowMs += ms),
    tell: async () => tellSetups(await orders.standing(), options),
    told: async () =>
      Promise.all((await ledger.recent(10)).map(async (id) => incidentOf(await ledger.entries(id))?.notice ?? [])),
  };
}

describe('what was read', () => {
  it('is written down at the beginning and when it changed, and said in the channel once', async () => {
    const here = world();
    const [desk, worker] = [here.note('desk'), here.note('worker')];
    for (const once of [desk, worker, desk, worker, here.tell]) await once();
    expect(await here.told()).toEqual([]);
    here.pass(1_000);
    here.setups.worker = readingOf({ ...read, roles: { operators: ['cli:a', 'cli:mallory'] } });
    for (const once of [desk, worker, here.tell, here.tell]) await once();
    expect(await here.told()).toEqual([
      [
        'The configuration on the worker changed',
        'roles operators: cli:a => cli:a, cli:mallory',
        expect.stringContaining('Nothing was run'),
      ],
    ]);
    here.pass(1_000);
    here.setups.desk = here.setups.worker;
    for (const once of [desk, worker, here.tell, here.tell]) await once();
    expect((await here.told())[0]).toEqual([
      'The configuration where it is decided changed',
      'roles operators: cli:a => cli:a, cli:mallory',
    ]);
    expect(await here.told()).toHaveLength(2);
  });

  it('is not written to and fro by two of one side that read otherwise', async () => {
    const here = world();
    const [one, other] = [here.note('worker'), here.note('worker')];
    await one();
    here.setups.worker = readingOf({ ...read, models: [] });
    await other();
    here.setups.worker = readingOf(read);
    const before = (await here.orders.standing()).setups.get('worker');
    await one();
    await one();
    expect((await here.orders.standing()).setups.get('worker')).toEqual(before);
  });

  it('leaves nodes that came and left to those who tell of them, and old news alone', async () => {
    const here = world();
    const [desk, worker] = [here.note('desk'), here.note('worker')];
    for (const once of [desk, worker]) await once();
    here.setups.desk = readingOf({ ...read, inventory: aDigest('b') });
    here.setups.worker = here.setups.desk;
    for (const once of [desk, worker, here.tell]) await once();
    expect(await here.told()).toEqual([]);
    here.setups.worker = readingOf({ ...read, models: [] });
    await worker();
    here.pass(2 * 3_600_000);
    await here.tell();
    expect(await here.told()).toEqual([]);
  });
});
