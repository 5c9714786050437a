import { describe, expect, it } from 'vitest';
import { hashPlan, type Plan } from '../../src/domain/plan.ts';
import { type CommandWorld, createCommandWorld, textOf } from '../support/builders/command-world.ts';
import { aFinding, looked, opened, planned, started } from '../support/builders/entries.ts';
import { ALICE, aPlan, BOB, CAROL, MALLORY, nodeNames } from '../support/builders/plans.ts';

const INCIDENT = 'i-00000001';

async function prompted(
  plan: Plan,
  world = createCommandWorld(),
): Promise<{ world: CommandWorld; hash: string; short: string }> {
  await world.happened(INCIDENT, opened(), looked([aFinding()]), planned(plan));
  await world.context.desk.request({ incident: INCIDENT, plan, requester: ALICE, once: 'prompt' });
  const hash = hashPlan(plan);
  return { world, hash, short: hash.slice(0, 8) };
}

describe('approve', () => {
  it('signs and hands over a plan that needs nobody else', async () => {
    const plan = aPlan();
    const { world, hash, short } = await prompted(plan);
    expect(await world.say(`approve ${short}`)).toMatchObject({ kind: 'begun', until: 'executed', incident: INCIDENT });
    expect(world.dispatched.execute).toMatchObject([
      {
        incident: INCIDENT,
        plan,
        signed: {
          approval: {
            plan: hash,
            requester: ALICE,
            approvers: [ALICE],
            cluster: 'ringrift',
            notAfter: '2026-03-01T12:10:00.000Z',
          },
        },
      },
    ]);
    expect((await world.kinds(INCIDENT)).slice(-3)).toEqual(['requested', 'approved', 'authorized']);
  });

  it('counts until enough have approved, and runs once', async () => {
    const { world, short } = await prompted(aPlan(nodeNames(2), { risk: 'replaces-weights' }));
    const first = await world.say(`approve ${short}`, BOB);
    expect(first).toMatchObject({ kind: 'said', exit: 5 });
    expect(textOf(first)).toContain('1 of 2');
    expect(world.dispatched.execute).toEqual([]);
    expect(await world.say(`approve ${short}`, BOB)).toMatchObject({
      kind: 'refused',
      refusal: { code: 'already_approved' },
    });
    expect(await world.say(`approve ${short}`, CAROL)).toMatchObject({ kind: 'begun' });
    expect(await world.say(`approve ${short}`, CAROL)).toMatchObject({
      kind: 'refused',
      refusal: { code: 'plan_ended' },
    });
    expect(world.dispatched.execute).toHaveLength(1);
  });

  it('hands over once when the last two press at the same moment', async () => {
    const { world, short } = await prompted(aPlan(nodeNames(2), { risk: 'replaces-weights' }));
    await Promise.all([world.say(`approve ${short}`, BOB), world.say(`approve ${short}`, CAROL)]);
    expect(world.dispatched.execute).toHaveLength(1);
  });

  it.each<[string, string, string]>([
    ['the requester', ALICE, 'self_approval'],
    ['a stranger', MALLORY, 'denied'],
  ])('refuses %s, names who can, and writes the try down', async (_, who, code) => {
    const { world, short } = await prompted(aPlan(nodeNames(9)));
    const reply = await world.say(`approve ${short}`, who);
    expect(reply).toMatchObject({ kind: 'refused', refusal: { code } });
    expect(world.dispatched.execute).toEqual([]);
    if (code === 'denied') return;
    expect(textOf(reply)).toContain(BOB);
    expect((await world.ledger.entries(INCIDENT)).at(-1)?.event).toMatchObject({ kind: 'refused', by: who, code });
  });

  it('is too late after the end, and says that it was', async () => {
    const { world, short } = await prompted(aPlan());
    world.pass(16);
    expect(await world.say(`approve ${short}`)).toMatchObject({
      kind: 'refused',
      refusal: { code: 'approval_expired' },
    });
    expect(world.dispatched.execute).toEqual([]);
    expect(await world.kinds(INCIDENT)).toContain('expired');
    expect(await world.say(`approve ${short}`)).toMatchObject({ kind: 'refused', refusal: { code: 'plan_ended' } });
  });

  it('does nothing for a plan that runs', async () => {
    const plan = aPlan();
    const { world, short } = await prompted(plan);
    await world.say(`approve ${short}`);
    const request = world.dispatched.execute[0]?.signed.approval.request ?? '';
    await world.happened(INCIDENT, started(plan, { request }));
    expect(await world.say(`approve ${short}`, BOB)).toMatchObject({
      kind: 'refused',
      refusal: { code: 'plan_ended' },
    });
    expect(world.dispatched.execute).toHaveLength(1);
  });

  it.each([
    ['approve', 'usage'],
    ['approve 7c1d', 'usage'],
    ['approve --help', 'help'],
    ['approve 7C1D93AB', 'usage'],
    ['approve 7c1d93ab now', 'usage'],
    ['approve 00000000', 'plan_unknown'],
    ['approve $(id)', 'usage'],
  ])('%s: %s', async (words, code) => {
    const { world } = await prompted(aPlan());
    const reply = await world.say(words);
    if (code === 'help') expect(textOf(reply)).toContain('approve <hash>');
    else expect(reply).toMatchObject({ kind: 'refused', refusal: { code } });
    expect(world.dispatched.execute).toEqual([]);
  });

  it('wants more digits when several plans begin alike', async () => {
    const world = createCommandWorld();
    const ofPlan = async () => ['a', 'b'].map((digit) => ({ hash: `7c1d93ab${digit.repeat(56)}`, incident: INCIDENT }));
    const reply = await world.context.commands
      .find(({ name }) => name === 'approve')
      ?.handle(['7c1d93ab'], { ...world.context, ledger: { ...world.ledger, ofPlan } });
    expect(reply).toMatchObject({ kind: 'refused', refusal: { code: 'plan_ambiguous' } });
  });
});
