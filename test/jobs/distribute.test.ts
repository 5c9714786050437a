import { rmSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { distribute } from '../../jobs/repairs/distribute.ts';
import type { Params, Target } from '../../src/domain/plan.ts';
import { bytesOf, createNodeHere, LIMITS, type NodeHere, pathWithout } from './node-here.ts';
import { A, C } from './repair-cases.ts';

const open: NodeHere[] = [];
afterEach(() => {
  for (const here of open.splice(0)) here.close();
});

function nodeHere(...args: Parameters<typeof createNodeHere>): NodeHere {
  const here = createNodeHere(...args);
  open.push(here);
  return here;
}

const only = (here: NodeHere, name = 'hex8_2p') => here.all.filter((model) => model.name === name);

async function planned(here: NodeHere, params: Params = { force: false }): Promise<Target> {
  const outcome = await distribute.plan(here.context({ models: only(here), params }));
  if (outcome.kind !== 'steps') throw new Error(JSON.stringify(outcome));
  return outcome.target;
}

const words = (target: Target) =>
  target.steps.map((step) =>
    step.kind === 'transfer' ? `send by ${step.transports.join(' ')}` : step.kind === 'run' ? step.argv[0] : step.kind,
  );

describe("the repair 'distribute'", () => {
  it('does nothing on a node that has the model', async () => {
    const here = nodeHere();
    expect(await distribute.plan(here.context({ models: only(here), params: { force: false } }))).toEqual({
      kind: 'nothing',
    });
  });

  it.each([
    ['missing', (here: NodeHere) => rmSync(here.path(C)), ['send by rsync stream http']],
    ['other bytes', (here: NodeHere) => writeFileSync(here.path(C), bytesOf('else')), ['send by rsync stream http']],
    [
      'missing with its alias',
      (here: NodeHere) => [C, A].forEach((name) => rmSync(here.path(name))),
      ['send by rsync stream http', 'set-alias'],
    ],
    ['without its alias', (here: NodeHere) => rmSync(here.path(A)), ['set-alias']],
    [
      'without a folder',
      (here: NodeHere) => rmSync(here.models, { recursive: true }),
      ['make-folder', 'send by rsync stream http', 'set-alias'],
    ],
  ] as const)('a model that is %s is brought, linked, verified and can be taken back', async (_, fault, steps) => {
    const here = nodeHere();
    fault(here);
    const before = here.tree();
    const target = await planned(here);
    expect(words(target)).toEqual(steps);
    for (const { code, stderr } of await here.forward(target)) expect(`${code} ${stderr}`).toBe('0 ');
    expect((await here.look({ fresh: true, models: only(here) })).findings).toEqual([]);
    for (const { code, stderr } of await here.undo(target)) expect(`${code} ${stderr}`).toBe('0 ');
    expect(here.tree()[`models/${C}`]).toBe(before[`models/${C}`]);
    expect(here.tree()[`models/${A}`]).toBe(before[`models/${A}`]);
  });

  it('goes by exactly the transport that was named', async () => {
    const here = nodeHere();
    rmSync(here.path(C));
    expect(words(await planned(here, { force: false, transports: ['stream'] }))).toEqual(['send by stream']);
    expect(words(await planned(here, { force: false, transports: ['rsync'] }))).toEqual(['send by rsync']);
  });

  it('is refused where the named transport has no tool', async () => {
    const probe = nodeHere();
    const here = nodeHere(undefined, { shell: { env: { PATH: pathWithout(probe.folder, ['rsync']) } } });
    rmSync(here.path(C));
    const params = { force: false, transports: ['rsync'] };
    expect(await distribute.plan(here.context({ models: only(here), params }))).toMatchObject({
      kind: 'refused',
      refusal: { code: 'no_tool' },
    });
  });

  it('by force sends what is there already, and replaces a file in the place of the alias', async () => {
    const here = nodeHere();
    rmSync(here.path(A));
    writeFileSync(here.path(A), 'an old copy');
    expect(await distribute.plan(here.context({ models: only(here), params: { force: false } }))).toEqual({
      kind: 'nothing',
    });
    const target = await planned(here, { force: true });
    expect(words(target)).toEqual(['send by rsync stream http', 'set-alias']);
    const before = here.tree();
    for (const { code, stderr } of await here.forward(target)) expect(`${code} ${stderr}`).toBe('0 ');
    expect((await here.look({ fresh: true })).findings).toEqual([]);
    for (const { code, stderr } of await here.undo(target)) expect(`${code} ${stderr}`).toBe('0 ');
    // Equal bytes are as good as the old file.
    const bytes = (tree: Record<string, string>) => Object.values(tree).map((entry) => entry.split(' ')[0]);
    expect(bytes(here.tree())).toEqual(bytes(before));
  });

  it('says what it risks and where it goes by force', () => {
    if (typeof distribute.risk !== 'function') throw new Error('the risk does not depend on what was asked for');
    expect(distribute.risk({ force: false })).toBe('restores-weights');
    expect(distribute.risk({ force: true })).toBe('replaces-weights');
    expect(distribute.describe([], { force: true, transports: ['stream'] })).toContain('by stream only');
  });

  it('is not sent to a disk that is fuller than medic.yaml allows', async () => {
    const here = nodeHere();
    rmSync(here.path(C));
    const context = here.context({
      models: only(here),
      params: { force: false },
      limits: { ...LIMITS, diskStopPercent: 0 },
    });
    const outcome = await distribute.plan(context);
    expect(outcome).toMatchObject({ kind: 'refused', refusal: { code: 'disk_low' } });
    expect(JSON.stringify(outcome)).toContain('above 0 %');
  });

  it('is refused as a whole when one of its models cannot be sent', async () => {
    const here = nodeHere();
    rmSync(here.path(C));
    here.expect('hex8_4p', { source: { kind: 'bad', node: 'mac-studio', detail: 'its container is cut' } });
    expect(await distribute.plan(here.context({ params: { force: false } }))).toMatchObject({
      kind: 'refused',
      refusal: { code: 'source_bad' },
    });
  });
});
