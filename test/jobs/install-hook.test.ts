import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { LookContext } from '../../src/contract/job.ts';
import { HOOK_FILE, HOOK_TIME, hookScript } from '../../src/domain/hook-script.ts';
import type { Target } from '../../src/domain/plan.ts';
import { repairs } from '../../src/registry/jobs.ts';
import { createNodeHere, modelOf, type NodeHere, nodeNamed, pathWithout } from './node-here.ts';
import { A } from './repair-cases.ts';

const open: NodeHere[] = [];
afterEach(() => {
  for (const here of open.splice(0)) here.close();
});

function nodeHere(...args: Parameters<typeof createNodeHere>): NodeHere {
  const here = createNodeHere(...args);
  open.push(here);
  return here;
}

const planned = (here: NodeHere, but: Partial<LookContext> = {}) => {
  const node = { ...nodeNamed('mac-studio', here.models), coordinator: true };
  const repair = repairs.find(({ name }) => name === 'install-hook');
  if (repair === undefined) throw new Error('no repair');
  return repair.plan(here.context({ node, ...but }));
};

async function target(here: NodeHere): Promise<Target> {
  const plan = await planned(here);
  if (plan.kind !== 'steps') throw new Error(JSON.stringify(plan));
  return plan.target;
}

const clean = (ran: readonly { code: number; stderr: string }[]) => ran.map(({ code, stderr }) => `${code} ${stderr}`);
const without = (tree: Record<string, string>) =>
  Object.fromEntries(Object.entries(tree).filter(([name]) => !name.includes('.medic')));

describe("the repair 'install-hook'", () => {
  it.each([
    ['absent', undefined],
    ['another script', '#!/bin/sh\nln -sf a b\n'],
  ])('puts a hook that works where there is %s, and takes it back', async (_, text) => {
    const here = nodeHere();
    if (text !== undefined) writeFileSync(here.path(HOOK_FILE), text, { mode: 0o644 });
    const before = without(here.tree());
    const made = await target(here);
    expect(clean(await here.forward(made))).toEqual(['0 ']);
    expect(readFileSync(here.path(HOOK_FILE), 'utf8')).toBe(`${hookScript(here.all).join('\n')}\n`);
    expect(statSync(here.path(HOOK_FILE)).mtimeMs).toBe(HOOK_TIME * 1_000);
    expect(statSync(here.path(HOOK_FILE)).mode & 0o777).toBe(0o755);
    expect(await planned(here)).toEqual({ kind: 'nothing' });
    rmSync(here.path(A));
    execFileSync(here.path(HOOK_FILE), [here.models]);
    expect(readlinkSync(here.path(A))).toBe('canonical_hex8_2p.pth');
    expect(clean(await here.undo(made))).toEqual(['0 ']);
    expect(without(here.tree())).toEqual(before);
    expect(clean(await here.undo(made))).toEqual(['0 ']);
  });

  it('carries a script of any length', async () => {
    const here = nodeHere();
    const many = Array.from({ length: 200 }, (_, index) => modelOf(`hex8_${index}p`));
    const plan = await planned(here, { models: many });
    if (plan.kind !== 'steps') throw new Error(JSON.stringify(plan));
    expect(clean(await here.forward(plan.target))).toEqual(['0 ']);
    expect(readFileSync(here.path(HOOK_FILE), 'utf8')).toBe(`${hookScript(many).join('\n')}\n`);
  });

  it('is not put over what changed meanwhile, a folder, or on another node', async () => {
    const here = nodeHere();
    const made = await target(here);
    writeFileSync(here.path(HOOK_FILE), 'somebody was faster');
    expect((await here.forward(made))[0]).toMatchObject({ code: 10 });
    expect(readFileSync(here.path(HOOK_FILE), 'utf8')).toBe('somebody was faster');
    rmSync(here.path(HOOK_FILE));
    mkdirSync(here.path(HOOK_FILE));
    expect(await planned(here)).toMatchObject({ refusal: { code: 'canonical_in_the_way' } });
    expect(await planned(here, { node: nodeNamed('vast-1', here.models) })).toMatchObject({
      refusal: { code: 'source_bad' },
    });
  });

  it.each(['chmod', 'touch', 'mv', 'ln'])('leaves what was there when %s is killed', async (program) => {
    const here = nodeHere();
    writeFileSync(here.path(HOOK_FILE), 'the old one');
    const made = await target(here);
    const PATH = pathWithout(here.folder, [], { [program]: '#!/bin/sh\nkill -9 $PPID\n' });
    await here.forward(made, { env: { PATH } });
    expect(readFileSync(here.path(HOOK_FILE), 'utf8')).toBe('the old one');
  });
});
