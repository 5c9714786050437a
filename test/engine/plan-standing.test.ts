import { expect, it } from 'vitest';
import type { Event } from '../../src/domain/entry.ts';
import { STANDING } from '../../src/domain/envelope.ts';
import { planStanding } from '../../src/engine/plan-standing.ts';
import { createCommandWorld } from '../support/builders/command-world.ts';
import { aFinding, aScope, looked, opened, planned } from '../support/builders/entries.ts';
import { anEnvelope, givenOrders } from '../support/builders/envelopes.ts';
import { ALICE, aPlan, BOB } from '../support/builders/plans.ts';

const ID = 'i-0000000a';
const scope = aScope({ nodes: ['vast-1', 'vast-2', 'vast-9'] });

async function world(orders = givenOrders(true)) {
  const made = createCommandWorld();
  for (const order of orders) await made.context.orders.append(order);
  const { ledger, orders: kept, dispatch, inventory, now } = made.context;
  return { ...made, turn: () => planStanding({ ledger, orders: kept, dispatch, inventory, now }) };
}
const found = [aFinding('vast-1'), aFinding('vast-9')];

it('asks for plans of what it covers, once a look', async () => {
  const { turn, happened, dispatched } = await world();
  await happened(ID, opened({ alert: 'x', scope }), looked(found));
  await Promise.all([turn(), turn()]);
  await turn();
  expect(dispatched.plan).toMatchObject([
    { incident: ID, by: STANDING, scope: { nodes: ['vast-1'], models: ['hex8_2p'] } },
  ]);
  await happened(ID, looked(found));
  await turn();
  expect(dispatched.plan).toHaveLength(2);
});

it.each<[string, Event[]]>([
  ['a person looked', [opened({ scope }), looked(found)]],
  ['nobody was told yet', [opened({ alert: 'x', scope, quietUntil: '2026-03-01T13:00:00.000Z' }), looked(found)]],
  ['nothing that it covers is wrong', [opened({ alert: 'x', scope }), looked([aFinding('vast-9')])]],
  [
    'somebody repairs by hand',
    [opened({ alert: 'x', scope }), looked(found), { kind: 'held', by: BOB, until: '2026-03-01T13:00:00.000Z' }],
  ],
])('asks for nothing where %s', async (_, events) => {
  const { turn, happened, dispatched } = await world();
  await happened(ID, ...events);
  await turn();
  expect(dispatched.plan).toEqual([]);
});

it('asks for nothing while a prompt waits, or where no standing approval holds', async () => {
  const waiting = await world();
  await waiting.happened(ID, opened({ alert: 'x', scope }), looked(found), planned(aPlan()));
  await waiting.context.desk.request({ incident: ID, plan: aPlan(), requester: ALICE, once: 'x' });
  await waiting.turn();
  const proposed = await world([{ kind: 'envelope_proposed', envelope: anEnvelope() }]);
  await proposed.happened(ID, opened({ alert: 'x', scope }), looked(found));
  await proposed.turn();
  expect([...waiting.dispatched.plan, ...proposed.dispatched.plan]).toEqual([]);
});
