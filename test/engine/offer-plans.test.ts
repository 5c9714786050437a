import { describe, expect, it } from 'vitest';
import { incidentOf } from '../../src/domain/incident.ts';
import { hashPlan } from '../../src/domain/plan.ts';
import { offerPlans, rememberRepairs } from '../../src/engine/offer-plans.ts';
import { createCommandWorld } from '../support/builders/command-world.ts';
import { aFinding, INCIDENT, opened, planned } from '../support/builders/entries.ts';
import { createMemoryCauses } from '../support/builders/memory-causes.ts';
import { ALICE, aPlan, aReceipt, aResult, aTarget } from '../support/builders/plans.ts';

const cures = [aFinding().id];
const plan = aPlan(['vast-1'], { targets: [aTarget('vast-1', { cures })] });

function world() {
  const made = createCommandWorld();
  const causes = createMemoryCauses();
  let asked = 0;
  const offering = { ...made.context, causes };
  const repaired = async (receipt: string, outcome: 'verified' | 'rolled_back' = 'verified') => {
    const but = { id: receipt, plan: hashPlan(plan), endedAt: made.context.now().toISOString() };
    const event = { kind: 'executed' as const, receipt: aReceipt([aResult('vast-1', { outcome })], but) };
    await rememberRepairs({ incident: INCIDENT, event }, offering);
  };
  const offer = async (but: { anyway?: boolean } = {}) => {
    const event = { kind: 'planned' as const, by: ALICE, plans: [plan], refusals: [], ...but };
    await offerPlans({ id: `${(asked += 1)}-0`, incident: INCIDENT, event }, offering);
    return incidentOf(await made.ledger.entries(INCIDENT));
  };
  return { ...made, repaired, offer };
}

describe('plans', () => {
  it('are put up for approval, twice for the same cause; the third time within a week the history is told instead', async () => {
    const { happened, repaired, offer, pass } = world();
    await happened(INCIDENT, opened({ alert: 'x' }), planned(plan));
    await repaired('r-00000001');
    expect((await offer())?.prompts).toHaveLength(1);
    pass(24 * 60);
    await repaired('r-00000002');
    const third = await offer();
    expect(third?.prompts).toHaveLength(1);
    const [aside] = third?.asides ?? [];
    expect(aside?.event).toMatchObject({ kind: 'recurs', repair: plan.repair, receipts: ['r-00000001', 'r-00000002'] });
    expect(JSON.stringify(aside?.event)).toMatch(/third time within a week.*r-00000001.*r-00000002/);
    // Who wants it all the same gets it.
    expect((await offer({ anyway: true }))?.prompts.length).toBe(2);
    // What is longer ago than a week does not count.
    pass(6.5 * 24 * 60);
    expect((await offer())?.asides).toHaveLength(1);
  });

  it('are not held against a cause by a repair that was taken back, or of something else', async () => {
    const { happened, repaired, offer } = world();
    await happened(INCIDENT, opened({ alert: 'x' }), planned(plan));
    await repaired('r-00000001', 'rolled_back');
    await repaired('r-00000002', 'rolled_back');
    await repaired('r-00000003');
    await repaired('r-00000003');
    expect((await offer())?.asides).toEqual([]);
  });
});
