import { describe, expect, it } from 'vitest';
import { incidentOf } from '../../src/domain/incident.ts';
import { createCommandWorld } from '../support/builders/command-world.ts';
import { opened, planned } from '../support/builders/entries.ts';
import { ALICE, aPlan, BOB, CAROL, nodeNames } from '../support/builders/plans.ts';

const plan = aPlan(nodeNames(9));
const [A, B] = ['i-0000000a', 'i-0000000b'];

async function world() {
  const made = createCommandWorld();
  await made.happened(A, opened(), planned(plan));
  await made.happened(B, opened(), planned(plan));
  const { desk } = made.context;
  const request = async (incident: string, once: string) => {
    made.pass(1);
    return desk.request({ incident, plan, requester: ALICE, once });
  };
  const states = async (incident: string) =>
    incidentOf(await made.ledger.entries(incident))?.prompts.map(({ state }) => state);
  return { ...made, desk, request, states };
}

describe('the approval desk', () => {
  it('makes one prompt for one planning, however often it is asked to', async () => {
    const { request, states } = await world();
    expect(await request(A, 'first')).toBeDefined();
    expect(await request(A, 'first')).toBeUndefined();
    expect(await states(A)).toEqual(['waiting']);
  });

  it.each([A, B])('ends the older prompt when the same plan is asked for again in %s', async (later) => {
    const { request, states, desk } = await world();
    const older = await request(A, 'first');
    const newer = await request(later, 'second');
    expect(await states(A)).toEqual(later === A ? ['superseded', 'waiting'] : ['superseded']);
    expect(await desk.approve(older ?? '', BOB)).toMatchObject({ kind: 'refused', refusal: { code: 'plan_ended' } });
    expect(await desk.approve(newer ?? '', BOB)).toMatchObject({ kind: 'running' });
  });

  it('does not end the newer prompt when the older planning is read again', async () => {
    const { request, states } = await world();
    await request(A, 'first');
    await request(B, 'second');
    expect(await request(A, 'first')).toBeUndefined();
    expect(await states(B)).toEqual(['waiting']);
  });

  it('leaves one prompt when two are made at the same moment', async () => {
    const { desk, states } = await world();
    await Promise.all([A, B].map((incident) => desk.request({ incident, plan, requester: ALICE, once: incident })));
    expect([...((await states(A)) ?? []), ...((await states(B)) ?? [])].toSorted()).toEqual(['superseded', 'waiting']);
  });

  it('gives two approvers more time than one', async () => {
    const { desk, ledger, happened } = await world();
    const heavy = aPlan(nodeNames(2), { risk: 'replaces-weights' });
    await happened(A, planned(heavy));
    await desk.request({ incident: A, plan: heavy, requester: ALICE, once: 'heavy' });
    expect((await ledger.entries(A)).at(-1)?.event).toMatchObject({
      kind: 'requested',
      needed: 2,
      notAfter: '2026-03-01T12:30:00.000Z',
    });
  });

  it('hands over again what was signed and never reached a worker, and nothing else', async () => {
    const { desk, request, dispatched, pass } = await world();
    const id = await request(A, 'first');
    await desk.approve(id ?? '', BOB);
    dispatched.execute.length = 0;
    await desk.tend();
    expect(dispatched.execute).toMatchObject([{ incident: A, signed: { approval: { request: id } } }]);
    pass(60);
    await desk.tend();
    expect(dispatched.execute.every(({ signed }) => signed.approval.request === id)).toBe(true);
  });

  it('ends what nobody decided, once', async () => {
    const { desk, request, kinds, pass } = await world();
    await request(A, 'first');
    pass(16);
    await Promise.all([desk.tend(), desk.tend()]);
    expect((await kinds(A)).filter((kind) => kind === 'expired')).toEqual(['expired']);
  });

  it('knows no request that nobody made', async () => {
    const { desk } = await world();
    expect(await desk.approve('f'.repeat(32), CAROL)).toMatchObject({
      kind: 'refused',
      refusal: { code: 'plan_unknown' },
    });
    expect(await desk.reject('f'.repeat(32), CAROL, 'x')).toMatchObject({
      kind: 'refused',
      refusal: { code: 'plan_unknown' },
    });
  });
});
