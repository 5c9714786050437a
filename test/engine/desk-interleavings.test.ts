import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { refusalOf } from '../../src/domain/approval.ts';
import { incidentOf } from '../../src/domain/incident.ts';
import type { Policy } from '../../src/domain/policy.ts';
import { standingOf } from '../../src/domain/standing.ts';
import { createCommandWorld } from '../support/builders/command-world.ts';
import { opened, planned } from '../support/builders/entries.ts';
import { ALICE, anApproval, aPlan, aPolicy, BOB, CAROL, MALLORY, NOON, nodeNames } from '../support/builders/plans.ts';

const ID = 'i-0000000a';
const plan = aPlan(nodeNames(2), { risk: 'replaces-weights' });
const PEOPLE = [ALICE, BOB, CAROL, MALLORY];

type Act =
  | { readonly kind: 'approve' | 'reject' | 'withdraw' | 'ask'; readonly who: string; readonly old: boolean }
  | { readonly kind: 'both' }
  | { readonly kind: 'pass'; readonly minutes: number }
  | { readonly kind: 'demote'; readonly who: string }
  | { readonly kind: 'promote'; readonly who: string }
  | { readonly kind: 'tend' };

const who = fc.constantFrom(...PEOPLE);
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ kind: fc.constantFrom('approve' as const), who, old: fc.boolean() }),
  fc.record({ kind: fc.constantFrom('reject' as const, 'withdraw' as const, 'ask' as const), who, old: fc.boolean() }),
  fc.constant<Act>({ kind: 'both' }),
  fc.record({ kind: fc.constant('pass' as const), minutes: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ kind: fc.constant('demote' as const), who: fc.constantFrom(BOB, CAROL) }),
  fc.record({ kind: fc.constant('promote' as const), who: fc.constantFrom(BOB, CAROL) }),
  fc.constant<Act>({ kind: 'tend' }),
);

/** A world whose roles can change under people's hands. */
async function world() {
  // The desk asks for the policy each time; a test changes it in between.
  const policy = { ...aPolicy() } as { -readonly [K in keyof Policy]: Policy[K] };
  const made = createCommandWorld(policy);
  await made.happened(ID, opened(), planned(plan));
  return { ...made, policy, desk: made.context.desk };
}

describe('whatever people do to prompts, and in whatever order', () => {
  it('each request runs at most once, only with two listed others, in time, and every press that did not count is told why', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 4, maxLength: 24 }), async (acts) => {
        const { desk, policy, dispatched, pass, ledger } = await world();
        const requests: string[] = [];
        let count = 0;
        const ask = async (by: string) => {
          const id = await desk.request({ incident: ID, plan, requester: by, once: `${(count += 1)}` });
          if (id !== undefined && !requests.includes(id)) requests.push(id);
        };
        await ask(ALICE);
        for (const one of acts) {
          const [oldest = ''] = requests;
          const newest = requests.at(-1) ?? '';
          const before = dispatched.execute.length;
          if (one.kind === 'pass') pass(one.minutes);
          else if (one.kind === 'tend') await desk.tend();
          else if (one.kind === 'demote' || one.kind === 'promote') {
            const others = policy.approvers.filter((person) => person !== one.who);
            policy.approvers = one.kind === 'demote' ? others : [...others, one.who];
          } else if (one.kind === 'ask') await ask(one.who);
          else if (one.kind === 'both') await Promise.all([desk.approve(newest, BOB), desk.approve(newest, CAROL)]);
          else {
            const request = one.old ? oldest : newest;
            const decision =
              one.kind === 'approve'
                ? await desk.approve(request, one.who)
                : await desk[one.kind](request, one.who, 'a reason');
            if (decision.kind === 'refused') expect(decision.refusal.text.length).toBeGreaterThan(20);
          }
          for (const { signed } of dispatched.execute.slice(before)) {
            const { approvers, requester } = signed.approval;
            const others = [...new Set(approvers)].filter((person) => person !== requester);
            expect(others.length).toBeGreaterThanOrEqual(2);
            if (one.kind === 'approve' || one.kind === 'both')
              for (const person of others) expect(policy.approvers).toContain(person);
          }
        }
        const prompts = incidentOf(await ledger.entries(ID))?.prompts ?? [];
        const signed = (await ledger.entries(ID)).flatMap(({ event }) =>
          event.kind === 'authorized' ? [event.signed.approval.request] : [],
        );
        // Handing over again is the desk's way after a crash; the queue and the worker take a request once.
        expect(new Set(dispatched.execute.map((job) => job.signed.approval.request)).size).toBe(signed.length);
        expect(new Set(signed).size).toBe(signed.length);
        expect(prompts.filter(({ state }) => state === 'waiting').length).toBeLessThanOrEqual(1);
        for (const { state, ended } of prompts)
          if (!['waiting', 'authorized'].includes(state)) expect(ended?.why).toBeTruthy();
      }),
      { numRuns: 150 },
    );
  });
});

describe('a role that is taken away', () => {
  it('between the request and the click stops the click, and says who could', async () => {
    const { desk, policy } = await world();
    const request = (await desk.request({ incident: ID, plan, requester: ALICE, once: 'x' })) ?? '';
    policy.approvers = [CAROL];
    const decision = await desk.approve(request, BOB);
    expect(decision).toMatchObject({ kind: 'refused', refusal: { code: 'denied' } });
    expect(JSON.stringify(decision)).toContain(CAROL);
  });

  it('after the first of two clicks makes that click count no more, and the second alone is not enough', async () => {
    const { desk, policy, dispatched, ledger } = await world();
    const request = (await desk.request({ incident: ID, plan, requester: ALICE, once: 'x' })) ?? '';
    await desk.approve(request, BOB);
    policy.approvers = [CAROL];
    expect(await desk.approve(request, CAROL)).toMatchObject({ kind: 'counted', have: 1, needed: 2 });
    expect(dispatched.execute).toEqual([]);
    policy.approvers = [BOB, CAROL];
    await desk.tend();
    expect(dispatched.execute[0]?.signed.approval.approvers).toEqual([BOB, CAROL]);
    expect((await ledger.entries(ID)).map(({ event }) => event.kind)).toContain('authorized');
  });

  it('after the press of a plan that needs nobody else leaves it unsigned', async () => {
    const { desk, policy, dispatched, happened } = await world();
    const small = aPlan(['vast-1']);
    await happened(ID, planned(small));
    const request = (await desk.request({ incident: ID, plan: small, requester: ALICE, once: 'x' })) ?? '';
    await happened(ID, { kind: 'approved', request, by: ALICE });
    policy.operators = [];
    await desk.tend();
    expect(dispatched.execute).toEqual([]);
  });
});

describe('clocks that differ', () => {
  it('let a worker whose clock is ahead refuse what was approved too early for it, and never begin too late by its own', () => {
    fc.assert(
      fc.property(fc.integer({ min: -7_200_000, max: 7_200_000 }), (skewMs) => {
        const small = aPlan(['vast-1']);
        const approval = anApproval(small, { approvers: [BOB] });
        const nowMs = Date.parse(NOON) + skewMs;
        const refusal = refusalOf({
          cluster: 'ringrift',
          plan: small,
          approval,
          policy: aPolicy(),
          standing: standingOf([]),
          changes: [],
          nowMs,
          used: false,
        });
        const late = nowMs > Date.parse(approval.notAfter);
        expect(refusal?.code).toBe(late ? 'approval_expired' : undefined);
        if (late) expect(refusal?.text).toContain(approval.notAfter);
      }),
    );
  });
});
