import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/domain/entry.ts';
import { incidentOf } from '../../src/domain/incident.ts';
import { createCommandWorld } from '../support/builders/command-world.ts';
import { aFinding, looked, opened, planned } from '../support/builders/entries.ts';
import { ALICE, aPlan, aTarget, BOB, CAROL, MALLORY, nodeNames } from '../support/builders/plans.ts';

const cures = [aFinding().id];
const plan = aPlan([], { targets: nodeNames(9).map((node) => aTarget(node, { cures })) });
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

  it('ends the older prompt when the same plan is asked for again in another incident', async () => {
    const { request, states, desk } = await world();
    const older = await request(A, 'first');
    const newer = await request(B, 'second');
    expect(await states(A)).toEqual(['superseded']);
    expect(await desk.approve(older ?? '', BOB)).toMatchObject({ kind: 'refused', refusal: { code: 'plan_ended' } });
    expect(await desk.approve(newer ?? '', BOB)).toMatchObject({ kind: 'running' });
  });

  it('keeps prompt and approvals when the very same plan is made again in the incident, until the prompt’s own end', async () => {
    const { desk, happened, ledger, pass } = await world();
    const heavy = aPlan(nodeNames(2), { risk: 'replaces-weights' });
    await happened(A, planned(heavy));
    const ask = (once: string, requester = ALICE) => desk.request({ incident: A, plan: heavy, requester, once });
    const first = (await ask('first')) ?? '';
    expect(await desk.approve(first, BOB)).toMatchObject({ kind: 'counted', have: 1, needed: 2 });
    pass(20);
    expect(await ask('second')).toBe(first);
    expect(await ask('second')).toBeUndefined();
    const [prompt] = incidentOf(await ledger.entries(A))?.prompts ?? [];
    expect(prompt).toMatchObject({ state: 'waiting', approvedBy: [BOB], renewed: [{ by: ALICE }] });
    expect(prompt?.notAfter).toBe('2026-03-01T12:30:00.000Z');
    // Whoever asks for it again is not its requester: a third person's yes still counts.
    expect(await desk.approve(first, CAROL)).toMatchObject({ kind: 'running' });
  });

  it('keeps no approval once the prompt has expired', async () => {
    const { desk, happened, pass } = await world();
    const heavy = aPlan(nodeNames(2), { risk: 'replaces-weights' });
    await happened(A, planned(heavy));
    const ask = (once: string) => desk.request({ incident: A, plan: heavy, requester: ALICE, once });
    const first = (await ask('first')) ?? '';
    await desk.approve(first, BOB);
    pass(31);
    const second = (await ask('second')) ?? '';
    expect(second).not.toBe(first);
    expect(await desk.approve(first, CAROL)).toMatchObject({ kind: 'refused' });
    expect(await desk.approve(second, CAROL)).toMatchObject({ kind: 'counted', have: 1 });
  });

  it('ends an older prompt of the same kind when a newer plan takes its place, and says by whom', async () => {
    const { desk, request, happened, ledger } = await world();
    await request(A, 'first');
    const smaller = aPlan(nodeNames(8));
    await happened(A, planned(smaller));
    await desk.request({ incident: A, plan: smaller, requester: BOB, once: 'smaller' });
    const [older, newer] = incidentOf(await ledger.entries(A))?.prompts ?? [];
    expect(older).toMatchObject({
      state: 'superseded',
      ended: { by: BOB, why: expect.stringContaining('has taken its place') },
    });
    expect(newer?.since).toMatchObject({ plan: older?.plan, added: [], gone: [{ node: 'vast-9' }] });
  });

  it('shows the next plan why the last one was rejected', async () => {
    const { desk, request, ledger } = await world();
    await desk.reject((await request(A, 'first')) ?? '', BOB, 'not during the tournament');
    await request(B, 'second');
    expect(incidentOf(await ledger.entries(B))?.prompts[0]?.since?.rejected).toEqual({
      by: BOB,
      reason: 'not during the tournament',
    });
  });

  it('ends a plan that a later look has made needless, and lets nobody approve it', async () => {
    const { desk, request, happened, states, ledger, pass } = await world();
    const id = (await request(A, 'first')) ?? '';
    pass(1);
    const scope = { models: ['hex8_2p'], nodes: nodeNames(9), checks: ['alias-links'] };
    const clear = { ...looked(), scope } as Event;
    await happened(A, clear);
    expect(await desk.approve(id, BOB)).toMatchObject({ kind: 'refused', refusal: { code: 'plan_stale' } });
    expect(await states(A)).toEqual(['stale']);
    const again = (await desk.request({ incident: A, plan, requester: ALICE, once: 'again' })) ?? '';
    pass(1);
    await happened(A, clear);
    await desk.tend();
    expect(await states(A)).toEqual(['stale', 'stale']);
    expect(incidentOf(await ledger.entries(A))?.prompts[1]?.ended?.why).toContain('right by now');
    expect(await desk.approve(again, BOB)).toMatchObject({ kind: 'refused', refusal: { code: 'plan_ended' } });
  });

  it('is withdrawn by whoever asked, and by nobody else without the right', async () => {
    const { desk, request, states } = await world();
    const id = (await request(A, 'first')) ?? '';
    expect(await desk.withdraw(id, MALLORY, 'x')).toMatchObject({ kind: 'refused', refusal: { code: 'denied' } });
    expect(await desk.withdraw(id, ALICE, 'not wanted')).toMatchObject({ kind: 'withdrawn' });
    expect(await states(A)).toEqual(['withdrawn']);
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
