import { describe, expect, it } from 'vitest';
import { MEDIC } from '../../src/domain/asker.ts';
import type { Event } from '../../src/domain/entry.ts';
import { beginQueued } from '../../src/engine/ask-look.ts';
import { planUnasked } from '../../src/engine/plan-unasked.ts';
import { createCommandWorld } from '../support/builders/command-world.ts';
import { aFinding, aScope, looked, opened, planned } from '../support/builders/entries.ts';
import { givenOrders } from '../support/builders/envelopes.ts';
import { createMemoryAgenda } from '../support/builders/memory-agenda.ts';
import { aPlan, BOB } from '../support/builders/plans.ts';

const ID = 'i-0000000a';
const scope = aScope({ nodes: ['vast-1', 'vast-2', 'vast-9'] });
const found = [aFinding('vast-1'), aFinding('vast-9')];
const alerted = opened({ alert: 'x', scope });

function world({ looksPerMinute = 30, mode = 'act' as 'act' | 'observe' } = {}) {
  const made = createCommandWorld();
  const options = { ...made.context, agenda: createMemoryAgenda(), limits: { looksPerMinute }, mode };
  return { ...made, options, turn: () => planUnasked(ID, options) };
}

describe('what an alert’s look found', () => {
  it('has its repair planned, as medic itself, for the whole scope', async () => {
    const { turn, happened, dispatched } = world();
    await happened(ID, alerted, looked(found));
    await turn();
    expect(dispatched.plan).toMatchObject([{ incident: ID, by: MEDIC, scope }]);
  });

  it('is the same wish however often it is asked, so that the queue takes it once', async () => {
    const { turn, happened, dispatched } = world();
    await happened(ID, alerted, looked(found));
    await turn();
    await happened(ID, looked(found));
    await turn();
    expect(new Set(dispatched.plan.map(({ once }) => once)).size).toBe(1);
    expect(dispatched.plan[0]?.once).toMatch(/^unasked-i-0000000a-\d+$/);
  });

  it('is planned again only when it was right in between', async () => {
    const { turn, happened, dispatched, pass } = world();
    const plannedByMedic: Event = { kind: 'planned', by: MEDIC, plans: [], refusals: [] };
    await happened(ID, alerted, looked(found));
    pass(1);
    await happened(ID, plannedByMedic, looked([...found, aFinding('vast-2')]));
    await turn();
    expect(dispatched.plan).toEqual([]);
    pass(1);
    await happened(ID, looked([]));
    pass(1);
    await happened(ID, { kind: 'repeated', times: 2 }, looked(found));
    await turn();
    expect(dispatched.plan).toHaveLength(1);
  });

  it('waits for its turn beside the looks that nobody asked for', async () => {
    const { turn, happened, kinds, dispatched, options, pass } = world({ looksPerMinute: 0 });
    await happened(ID, alerted, looked(found));
    await turn();
    expect(dispatched.plan).toEqual([]);
    expect(await kinds(ID)).not.toContain('look_waits');
    pass(1);
    await beginQueued({ ...options, limits: { looksPerMinute: 1 } });
    expect(dispatched.plan).toMatchObject([{ incident: ID, by: MEDIC }]);
    expect(await options.agenda.queued()).toEqual([]);
  });
});

it.each<[string, Event[]]>([
  ['a person looked', [opened({ scope }), looked(found)]],
  ['nobody was told yet', [opened({ alert: 'x', scope, quietUntil: '2026-03-01T13:00:00.000Z' }), looked(found)]],
  ['nothing is wrong', [alerted, looked([])]],
  ['somebody repairs by hand', [alerted, looked(found), { kind: 'held', by: BOB, until: '2026-03-01T13:00:00.000Z' }]],
  [
    'it was closed',
    [alerted, looked(found), { kind: 'closed', by: BOB, reason: 'known', findings: found.map((one) => one.id) }],
  ],
  ['it flaps', [alerted, looked(found), { kind: 'flapping', times: 3, quietUntil: '2026-03-01T13:00:00.000Z' }]],
])('nothing is planned where %s', async (_, events) => {
  const { turn, happened, dispatched } = world();
  await happened(ID, ...events);
  await turn();
  expect(dispatched.plan).toEqual([]);
});

it('nothing is planned where a prompt waits, where medic only observes, or where a standing approval covers it', async () => {
  const waiting = world();
  await waiting.happened(ID, alerted, looked(found), planned(aPlan()));
  await waiting.context.desk.request({ incident: ID, plan: aPlan(), requester: BOB, once: 'x' });
  const observing = world({ mode: 'observe' });
  await observing.happened(ID, alerted, looked(found));
  const covered = world();
  for (const order of givenOrders(true)) await covered.context.orders.append(order);
  await covered.happened(ID, alerted, looked(found));
  for (const { turn, dispatched } of [waiting, observing, covered]) {
    await turn();
    expect(dispatched.plan).toEqual([]);
  }
});
