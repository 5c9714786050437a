import { rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { LookContext, TargetPlan } from '../../src/contract/job.ts';
import { hashPlan, reversible } from '../../src/domain/plan.ts';
import { planOf } from '../../src/engine/plan-of.ts';
import { repairs } from '../../src/registry/jobs.ts';
import { bytesOf, createNodeHere, type NodeHere, nodeNamed } from './node-here.ts';
import { A, C } from './repair-cases.ts';

const repair = repairs.find(({ name }) => name === 'distribute-by-daemon') ?? never();
const params = { models: ['hex8_2p'], nodes: ['vast-1'] };
const open: NodeHere[] = [];
afterEach(() => {
  for (const here of open.splice(0)) here.close();
});

function never(): never {
  throw new Error('not to be reached');
}

function nodeHere(): NodeHere {
  const here = createNodeHere();
  open.push(here);
  return here;
}

const planned = (here: NodeHere, but: Partial<LookContext> = {}) => repair.plan(here.context({ params, ...but }));
const source = (here: NodeHere) => {
  const node = nodeNamed('mac-studio', here.models);
  return { ...node, coordinator: true, root: dirname(here.models) };
};
const steps = (plan: TargetPlan) => (plan.kind === 'steps' ? plan.target.steps : []);

describe("the repair 'distribute-by-daemon'", () => {
  it.each([
    ['missing', (here: NodeHere) => rmSync(here.path(C))],
    ['other bytes', (here: NodeHere) => writeFileSync(here.path(C), bytesOf('else'))],
  ])('waits on a node where the model is %s, and has the same plan while the daemon writes', async (_, fault) => {
    const here = nodeHere();
    fault(here);
    const plan = await planned(here);
    expect(steps(plan)).toMatchObject([{ kind: 'await', file: C, model: 'hex8_2p', undo: { kind: 'none' } }]);
    writeFileSync(here.path(C), 'half of it');
    expect(await planned(here)).toEqual(plan);
  });

  it('leaves a node alone that has the model, whatever its alias is', async () => {
    const here = nodeHere();
    rmSync(here.path(A));
    expect(await planned(here)).toEqual({ kind: 'nothing' });
  });

  it('asks on the coordinator, once a model, by a path that begins in the cluster’s folder', async () => {
    const here = nodeHere();
    const plan = await planned(here, { node: source(here) });
    expect(steps(plan)).toMatchObject([
      { kind: 'run', argv: ['ask-daemon', dirname(here.models), '8790', `models/${C}`, '["vast-1"]'] },
    ]);
  });

  it('makes one plan: the coordinator first, then all nodes at once, with no way back', async () => {
    const here = nodeHere();
    rmSync(here.path(C));
    const lead = await planned(here, { node: source(here) });
    const follower = await planned(here);
    if (lead.kind !== 'steps' || follower.kind !== 'steps') return never();
    const more = ['vast-2', 'vast-3', 'vast-4', 'vast-5'].map((node) => ({ ...follower.target, node }));
    const nodes = [...more, follower.target].map(({ node }) => nodeNamed(node, here.models));
    const targets = [follower.target, ...more, lead.target];
    const plan = planOf(
      { cluster: 'ringrift', relay: { from: 6, perSource: 2, perProvider: 16 } },
      repair,
      params,
      targets,
      { nodes: [...nodes, source(here)], files: { open: [], unsure: [] } },
    );
    expect(plan.targets[0]?.node).toBe('mac-studio');
    expect(plan).toMatchObject({ batches: [1, '100%'], risk: 'replaces-weights', source: { hex8_2p: {} } });
    expect(plan.summary).toContain('wait for 5 nodes');
    expect(reversible(plan)).toBe(false);
    expect(hashPlan(plan)).toHaveLength(64);
  });

  it('is refused where the daemon cannot bring it', async () => {
    const here = nodeHere();
    const node = nodeNamed('vast-1', here.models);
    expect(await planned(here, { node: { ...node, noTargetBecause: 'no GPU' } })).toMatchObject({
      refusal: { code: 'node_inactive' },
    });
    expect(await planned(here, { node: { ...source(here), root: null } })).toMatchObject({ refusal: { code: 'gone' } });
    rmSync(here.models, { recursive: true });
    expect(await planned(here)).toMatchObject({ refusal: { code: 'gone' } });
  });
});
