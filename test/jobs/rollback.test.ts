import { readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { resyncModel } from '../../jobs/repairs/resync-model.ts';
import { rollback } from '../../jobs/repairs/rollback.ts';
import type { Plan, Target } from '../../src/domain/plan.ts';
import { Params } from '../../src/domain/plan.ts';
import { rollbackOf } from '../../src/domain/rollback.ts';
import { repairs } from '../../src/registry/jobs.ts';
import { aPlan, aReceipt, aResult } from '../support/builders/plans.ts';
import { bytesOf, createNodeHere, type NodeHere, RECEIPT } from './node-here.ts';
import { A, C, repairCases } from './repair-cases.ts';

const open: NodeHere[] = [];
afterEach(() => {
  for (const here of open.splice(0)) here.close();
});

/** What the repair of this case did on a node of this machine. */
async function repaired(one: (typeof repairCases)[string]): Promise<{ here: NodeHere; target: Target }> {
  const here = createNodeHere();
  open.push(here);
  one.fault(here);
  here.age();
  const { findings } = await here.look();
  const models = here.all.filter(({ name }) => findings.some(({ model }) => model === undefined || model === name));
  const outcome = await repairs.find(({ name }) => name === one.repair)?.plan(here.context({ models }));
  if (outcome?.kind !== 'steps') throw new Error('no plan');
  for (const { code, stderr } of await here.forward(outcome.target)) expect(`${code} ${stderr}`).toBe('0 ');
  return { here, target: outcome.target };
}

function paramsFor(targets: readonly Target[], outcomes: readonly 'verified'[] = ['verified']): Params {
  const plan: Plan = aPlan([], { targets: [...targets] });
  const results = targets.map(({ node }, index) => aResult(node, { outcome: outcomes[index] ?? 'verified' }));
  const back = rollbackOf(plan, aReceipt(results, { id: RECEIPT }));
  if (!back.ok) throw new Error(back.refusal.text);
  return Params.parse(back.params);
}

async function backFrom(here: NodeHere, target: Target): Promise<Target> {
  const params = paramsFor([target]);
  const outcome = await rollback.plan(here.context({ params }));
  if (outcome.kind !== 'steps') throw new Error(JSON.stringify(outcome));
  expect(await rollback.plan(here.context({ params }))).toEqual(outcome);
  return outcome.target;
}

const planned = Object.entries(repairCases).filter(
  ([, { steps, repair }]) => steps !== undefined && repair !== 'fill-node',
);

describe("the repair 'rollback'", () => {
  it.each(planned)('takes back the repair of “%s”, and can be taken back itself', async (_, one) => {
    const { here, target } = await repaired(one);
    const right = here.tree();
    const back = await backFrom(here, target);
    expect(back.steps).toHaveLength(target.steps.length);
    for (const { code, stderr } of await here.forward(back)) expect(`${code} ${stderr}`).toBe('0 ');
    const wrong = here.tree();
    expect(wrong).not.toEqual(right);
    expect(await rollback.plan(here.context({ params: paramsFor([target]) }))).toEqual({ kind: 'nothing' });
    // Half way and back: what the steps of the way back undo is what the receipt had made.
    for (const { code, stderr } of await here.undo(back)) expect(`${code} ${stderr}`).toBe('0 ');
    expect(here.tree()).toEqual(right);
    for (const { code, stderr } of await here.forward(back)) expect(`${code} ${stderr}`).toBe('0 ');
    expect(here.tree()).toEqual(wrong);
    const again = await backFrom(here, back);
    for (const { code, stderr } of await here.forward(again)) expect(`${code} ${stderr}`).toBe('0 ');
    expect(here.tree()).toEqual(right);
    expect(again.steps.map(({ title }) => title)).toEqual(target.steps.map(({ title }) => title));
  });

  it('tells other bytes of the same size and time from what was there before', async () => {
    const here = createNodeHere();
    open.push(here);
    writeFileSync(here.path(C), bytesOf('other bytes'));
    utimesSync(here.path(C), 1_700_000_000, 1_700_000_000);
    const before = here.tree();
    const outcome = await resyncModel.plan(here.context({ models: here.all.slice(0, 1) }));
    if (outcome.kind !== 'steps') throw new Error(JSON.stringify(outcome));
    await here.forward(outcome.target);
    expect(here.tree()).not.toEqual(before);
    for (const { code } of await here.forward(await backFrom(here, outcome.target))) expect(code).toBe(0);
    expect(here.tree()).toEqual(before);
    const params = paramsFor([outcome.target]);
    expect(await rollback.plan(here.context({ params }))).toEqual({ kind: 'nothing' });
  });

  it('leaves a name alone that something newer has changed', async () => {
    const { here, target } = await repaired(repairCases['alias missing'] ?? never());
    rmSync(here.path(A));
    writeFileSync(here.path(A), 'somebody else');
    const before = here.tree();
    expect(await rollback.plan(here.context({ params: paramsFor([target]) }))).toMatchObject({
      kind: 'refused',
      refusal: { code: 'changed_since', text: expect.stringContaining(A) },
    });
    expect(here.tree()).toEqual(before);
  });

  it('leaves weights alone that were written again in the same size', async () => {
    const [, one] = planned.find(([, { steps }]) => steps?.includes('send')) ?? never();
    const { here, target } = await repaired(one);
    writeFileSync(here.path(C), Buffer.from(readFileSync(here.path(C))).reverse());
    expect(await rollback.plan(here.context({ params: paramsFor([target]) }))).toMatchObject({
      kind: 'refused',
      refusal: { code: 'changed_since' },
    });
    // Even with the old time the script on the node knows that this is another file.
    writeFileSync(here.path('other'), Buffer.alloc(1_100_000, 'x'));
    utimesSync(here.path('other'), 1_700_000_000, 1_700_000_000);
    renameSync(here.path('other'), here.path(C));
    const back = await backFrom(here, target);
    const before = here.tree();
    const results = await here.forward(back);
    expect(results.some(({ code }) => code === 10)).toBe(true);
    expect(here.tree()[`models/${C}`]).toBe(before[`models/${C}`]);
  });

  it('is refused where a copy in quarantine is gone', async () => {
    const [, one] = planned.find(([, { steps }]) => steps?.includes('send')) ?? never();
    const { here, target } = await repaired(one);
    const right = here.tree();
    const back = await backFrom(here, target);
    rmSync(here.path('.medic/quarantine'), { recursive: true });
    const results = await here.forward(back);
    expect(results.some(({ code }) => code !== 0)).toBe(true);
    expect(here.tree()[`models/${C}`]).toBe(right[`models/${C}`]);
  });
});

function never(): never {
  throw new Error('no such case');
}
