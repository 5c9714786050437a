import { describe, expect, it } from 'vitest';
import { standingReport } from '../../src/contract/standing-report.ts';
import { STANDING } from '../../src/domain/envelope.ts';
import { hashPlan } from '../../src/domain/plan.ts';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';
import { aFinding, looked, opened, planned } from '../support/builders/entries.ts';
import { ALICE, aPlan, aPolicy, BOB, CAROL, MALLORY } from '../support/builders/plans.ts';

const PROPOSE = 'standing propose aliases hex8_2p on vast-1,vast-2 for 14d --nodes 2 --hour 5 quiet nights';
const plan = aPlan(['vast-1']);
const ID = 'i-0000000a';

/** A proposed one and its id. */
async function proposed() {
  const world = createCommandWorld();
  const text = textOf(await world.say(PROPOSE));
  const id = /e-[0-9a-f]{8}/.exec(text)?.[0] ?? '';
  /** A plan that medic made for what an alert found, put up as the bot does. */
  const planByItself = async (made = plan, incident = ID) => {
    const planning = planned(made);
    if (planning.kind !== 'planned') throw new Error('no planning');
    await world.happened(incident, opened({ alert: 'x' }), looked([aFinding()]), { ...planning, by: STANDING });
    const request = await world.context.desk.request({ incident, plan: made, requester: STANDING, once: incident });
    await world.context.desk.tend();
    return request ?? '';
  };
  const goLive = async () => {
    for (const word of ['approve', 'live'])
      for (const who of [BOB, CAROL]) await world.say(`standing ${word} ${id}`, who);
  };
  return { ...world, id, text, planByItself, goLive };
}

describe('standing', () => {
  it('proposes bounds by name and says what comes next', async () => {
    const { text, id, say } = await proposed();
    expect(text).toContain(
      'link-aliases for hex8_2p on vast-[1-2], at most 2 nodes a plan and 5 changes an hour, until 2026-03-15 12:00 UTC',
    );
    expect(textOf(await say('standing'))).toContain(`${id}  proposed`);
    expect(textOf(await say(`standing ${id}`))).toContain('0 of 2 approvals');
  });

  it.each([
    'standing propose aliases hex8_2p on vast-1 for 31d',
    'standing propose aliases hex8_2p for 14d',
    'standing propose pin hex8_2p on vast-1 for 14d',
    'standing propose aliases hex8_2p on vast-77 for 14d',
    'standing propose aliases hex8_2p on vast-1 for 14d --nodes many',
    'standing approve',
    'standing stop e-00000000',
    'standing e-00000000',
    'standing nonsense',
  ])('refuses %j and changes nothing', async (words) => {
    const world = createCommandWorld();
    expect((await world.say(words)).kind).toBe('refused');
    expect((await world.context.orders.standing()).envelopes.size).toBe(0);
  });

  it('is refused where nothing may be changed', async () => {
    const world = createCommandWorld(aPolicy({ mode: 'observe' }));
    expect(textOf(await world.say(PROPOSE))).toContain('only observes');
  });

  it('takes two others to count, two to go live, and one act cannot stand for the other', async () => {
    const { say, id, context } = await proposed();
    const phase = async () => textOf(await say(`standing ${id}`));
    expect(textOf(await say(`standing approve ${id}`, ALICE))).toContain('you proposed it');
    expect(textOf(await say(`standing approve ${id}`, MALLORY))).toMatch(/may not|not listed|can't/);
    expect(textOf(await say(`standing live ${id}`, BOB))).toContain('has to be approved first');
    expect(textOf(await say(`standing approve ${id}`, BOB))).toContain('1 of 2');
    expect(textOf(await say(`standing approve ${id}`, BOB))).toContain('1 of 2');
    expect(textOf(await say(`standing approve ${id}`, CAROL))).toContain('in shadow');
    expect(await phase()).toContain('only counts');
    expect(textOf(await say(`standing live ${id}`, BOB))).toContain('1 of 2');
    expect(textOf(await say(`standing live ${id}`, CAROL))).toContain('is live');
    expect(textOf(await say(`standing live ${id}`, CAROL))).toContain('live already');
    const live = (await context.orders.standing()).envelopes.get(id)?.live;
    expect(live?.grant).toMatchObject({ live: true, approvers: [BOB, CAROL] });
  });

  it('in shadow counts what it would have repaired, and whether people did the same', async () => {
    const { say, id, planByItself, context, dispatched, ledger } = await proposed();
    for (const who of [BOB, CAROL]) await say(`standing approve ${id}`, who);
    const request = await planByItself();
    await context.desk.tend();
    expect(dispatched.execute).toEqual([]);
    const state = () => context.orders.standing().then(({ envelopes }) => envelopes.get(id));
    const report = async () => standingReport((await state()) ?? never(), ledger, 0);
    expect(await report()).toEqual(['would have repaired 1 time; none was later approved by hand unchanged']);
    await context.desk.approve(request, ALICE);
    expect(await report()).toEqual(['would have repaired 1 time; all were later approved by hand unchanged']);
    expect(textOf(await say(`standing ${id}`))).toContain('all were later approved by hand unchanged');
  });

  it('live lets run what it covers, signed with its own hash, and leaves the rest to people', async () => {
    const { goLive, planByItself, dispatched, ledger, context } = await proposed();
    await goLive();
    await planByItself();
    expect(dispatched.execute).toMatchObject([
      {
        incident: ID,
        signed: { approval: { plan: hashPlan(plan), approvers: [BOB, CAROL] } },
        grant: { grant: { live: true } },
      },
    ]);
    expect(dispatched.execute[0]?.signed.approval.standing).toMatch(/^[0-9a-f]{64}$/);
    await context.desk.tend();
    expect((await ledger.entries(ID)).filter(({ event }) => event.kind === 'authorized')).toHaveLength(1);
    await planByItself(aPlan(['old-1']), 'i-0000000b');
    expect((await ledger.entries('i-0000000b')).some(({ event }) => event.kind === 'authorized')).toBe(false);
  });

  it('never runs what a person asked for', async () => {
    const { goLive, dispatched, happened, context } = await proposed();
    await goLive();
    await happened(ID, opened(), planned(plan));
    await context.desk.request({ incident: ID, plan, requester: ALICE, once: 'x' });
    await context.desk.tend();
    expect(dispatched.execute).toEqual([]);
  });

  it('is stopped by one word of any operator, all of it or one, and never comes back', async () => {
    const { goLive, say, id, planByItself, dispatched } = await proposed();
    await goLive();
    expect(textOf(await say('standing stop enough for tonight', ALICE))).toContain(`Stopped ${id}`);
    await planByItself();
    expect(dispatched.execute).toEqual([]);
    expect(textOf(await say(`standing live ${id}`, BOB))).toContain('been stopped');
    expect(textOf(await say('standing stop'))).toContain('No standing approval holds');
    expect(textOf(await say(`standing ${id}`))).toContain('stopped by T0TEAM/U0ALICE: enough for tonight');
  });
});

function never(): never {
  throw new Error('not there');
}
