import { existsSync, lstatSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { hashPlan } from '../../src/domain/plan.ts';
import { chooseRepair, repairs } from '../../src/registry/jobs.ts';
import { bytesOf, createNodeHere, type NodeHere, RECEIPT } from './node-here.ts';
import { A, C, type RepairCase, repairCases } from './repair-cases.ts';

const open: NodeHere[] = [];
afterEach(() => {
  for (const here of open.splice(0)) here.close();
});

function nodeHere(...args: Parameters<typeof createNodeHere>): NodeHere {
  const here = createNodeHere(...args);
  open.push(here);
  return here;
}

async function planned(here: NodeHere, one: RepairCase) {
  const { findings } = await here.look();
  expect(findings.map(({ code }) => code).toSorted()).toEqual([...one.finds].toSorted());
  const group = findings.filter(({ model }) => model === undefined || model === 'hex8_2p');
  const expected = here.context().expected.get('hex8_2p');
  if (expected === undefined) throw new Error('no expectation');
  expect(chooseRepair(group, expected)).toBe(one.repair);
  const repair = repairs.find(({ name }) => name === one.repair);
  if (repair === undefined) return undefined;
  const models = here.all.filter(({ name }) =>
    findings.some((finding) => finding.model === undefined || finding.model === name),
  );
  const plan = () => repair.plan(here.context({ models }));
  return { repair, group, plan, outcome: await plan(), models };
}

describe.each(Object.entries(repairCases))('%s', (_, one) => {
  it('is found, planned, repaired, verified and undone', async () => {
    const here = nodeHere();
    one.fault(here);
    here.age();
    const before = existsSync(here.folder) ? here.tree() : {};
    const made = await planned(here, one);
    if (made === undefined) return;
    const { repair, outcome, plan, models, group } = made;
    if (outcome.kind !== 'steps') {
      expect(outcome).toMatchObject({ kind: 'refused', refusal: { code: one.refused } });
      expect(existsSync(here.folder) ? here.tree() : {}).toEqual(before);
      return;
    }
    const { target } = outcome;
    expect(
      target.steps.map((step) => (step.kind === 'transfer' ? 'send' : step.kind === 'run' ? step.argv[0] : step.kind)),
    ).toEqual(one.steps);
    expect(target.cures.toSorted()).toEqual(group.map(({ id }) => id).toSorted());
    expect(await plan()).toEqual(outcome);
    const header = {
      cluster: 'ringrift',
      repair: repair.name,
      params: {},
      summary: repair.describe([target], {}),
      risk: 'reversible' as const,
      source: {},
      batches: [1],
      failureBudget: 0,
      verify: [...repair.verify],
    };
    expect(hashPlan({ ...header, targets: [target] })).toMatch(/^[0-9a-f]{64}$/);

    for (const { code, stderr } of await here.forward(target)) expect(`${code} ${stderr}`).toBe('0 ');
    expect((await here.look({ fresh: true })).findings).toEqual([]);
    expect(await repair.plan(here.context({ models }))).toMatchObject({
      kind: repair.name === 'fill-node' ? 'refused' : 'nothing',
    });
    for (const { code, stderr } of await here.forward(target)) expect(`${code} ${stderr}`).toMatch(/^10 /);
    expect((await here.look({ fresh: true })).findings).toEqual([]);

    for (const { code, stderr } of await here.undo(target)) expect(`${code} ${stderr}`).toBe('0 ');
    expect(withoutEmptyFolder(here.tree(), before)).toEqual(before);
    for (const { code, stderr } of await here.undo(target)) expect(`${code} ${stderr}`).toBe('0 ');
    expect(withoutEmptyFolder(here.tree(), before)).toEqual(before);
  });
});

/** A folder that was made stays when it holds what was kept, empty but for that; leftover temporaries of the refused repeat go too. */
function withoutEmptyFolder(tree: Record<string, string>, before: Record<string, string>): Record<string, string> {
  const entries = Object.entries(tree).filter(([name]) => !name.includes('/.medic-'));
  const only = Object.fromEntries(entries);
  if (!('models' in before) && entries.length === 1) delete only['models'];
  return only;
}

describe('what is replaced', () => {
  it('is kept byte for byte under names that the cluster does not scan', async () => {
    const here = nodeHere();
    rmSync(here.path(A));
    writeFileSync(here.path(A), 'an old copy');
    writeFileSync(here.path(C), bytesOf('else'));
    const inode = statSync(here.path(A)).ino;
    const outcome = await repairs.find(({ name }) => name === 'replace-alias-file')?.plan(here.context());
    if (outcome?.kind !== 'steps') throw new Error('no plan');
    await here.forward(outcome.target);
    const room = here.path(`.medic/quarantine/${RECEIPT}`);
    expect(readFileSync(`${room}/${A}.kept`, 'utf8')).toBe('an old copy');
    expect(statSync(`${room}/${A}.kept`).ino).toBe(inode);
    expect(readFileSync(`${room}/${C}.kept`).equals(bytesOf('else'))).toBe(true);
    expect(statSync(here.path('.medic')).mode & 0o777).toBe(0o700);
    expect(statSync(here.path(C)).mtimeMs).toBe(1_700_000_000_000);
    expect(statSync(here.path(C)).mode & 0o777).toBe(0o644);
    expect(readlinkSync(here.path(A))).toBe(C);
    expect(lstatSync(here.path(A)).isSymbolicLink()).toBe(true);
  });
});
