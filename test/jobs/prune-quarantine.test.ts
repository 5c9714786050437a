import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { measure } from '../../jobs/checks/measure.ts';
import { quarantine } from '../../jobs/checks/quarantine.ts';
import { pruneQuarantine } from '../../jobs/repairs/prune-quarantine.ts';
import { rollback } from '../../jobs/repairs/rollback.ts';
import { keptFor } from '../../src/actions/kept-for.ts';
import type { LookContext } from '../../src/contract/job.ts';
import { Params, type Target } from '../../src/domain/plan.ts';
import { rollbackOf } from '../../src/domain/rollback.ts';
import { repairs } from '../../src/registry/jobs.ts';
import { aPlan, aReceipt, aResult } from '../support/builders/plans.ts';
import { bytesOf, createNodeHere, goodExpectation, LIMITS, type NodeHere, pathWithout, RECEIPT } from './node-here.ts';
import { A, C, repairCases } from './repair-cases.ts';

const DAY_MS = 86_400_000;
const open: NodeHere[] = [];
afterEach(() => {
  for (const here of open.splice(0)) here.close();
});

function nodeHere(...args: Parameters<typeof createNodeHere>): NodeHere {
  const here = createNodeHere(...args);
  open.push(here);
  return here;
}

/** Lays a file into quarantine as a receipt would have. */
function keep(here: NodeHere, receipt: string, name: string, bytes: Buffer | string = 'old bytes'): string {
  const room = here.path(`.medic/quarantine/${receipt}`);
  mkdirSync(room, { recursive: true, mode: 0o700 });
  writeFileSync(join(room, name), bytes);
  return join(room, name);
}

function kept(here: NodeHere): string[] {
  const room = here.path('.medic/quarantine');
  if (!existsSync(room)) return [];
  return readdirSync(room).flatMap((receipt) => readdirSync(join(room, receipt)).map((name) => `${receipt}/${name}`));
}

/** Plans as if so many days had passed since the files were kept. */
async function plan(here: NodeHere, days: number, over: Partial<LookContext> = {}): Promise<Target> {
  const params = { asOf: new Date(Date.now() + days * DAY_MS).toISOString() };
  const outcome = await pruneQuarantine.plan(here.context({ params, ...over }));
  if (outcome.kind !== 'steps') throw new Error(JSON.stringify(outcome));
  expect(await pruneQuarantine.plan(here.context({ params, ...over }))).toEqual(outcome);
  return outcome.target;
}

const EARLIER = bytesOf('earlier');

/** Two models: of one the earlier promoted bytes are kept, and other bytes twice. */
function withHistory(): NodeHere {
  const here = nodeHere();
  const { record } = goodExpectation('hex8_2p');
  if (record.current === null) throw new Error('no record');
  const digest = createHash('sha256').update(EARLIER).digest('hex');
  here.expect('hex8_2p', { record: { ...record, earlier: [{ ...record.current, digest }] } });
  keep(here, 'r-00000001', `${C}.kept`, EARLIER);
  keep(here, 'r-00000001', `${C}.placed`, 'a note');
  keep(here, 'r-00000002', `${C}.kept`, bytesOf('no model'));
  keep(here, 'r-00000002', `${A}.kept`, bytesOf('an alias that was a file'));
  keep(here, 'r-00000003', `medic-${'0'.repeat(32)}.kept`, 'part of a model');
  return here;
}

describe("the repair 'prune-quarantine'", () => {
  it('deletes what has had its time, and leaves the last known-good of a model whatever its age', async () => {
    const here = withHistory();
    keep(here, 'r-00000004', 'canonical_square8_9p.pth.kept', 'a model that nobody configured');
    keep(here, 'notes', 'from-somebody.kept', 'not ours');
    const before = here.tree();
    expect(await pruneQuarantine.plan(here.context({ params: { asOf: new Date().toISOString() } }))).toEqual({
      kind: 'nothing',
    });
    const target = await plan(here, 8);
    expect(target.steps.map(({ title }) => title.replace(/kept since [-\d]+/, 'kept since'))).toEqual([
      expect.stringMatching(
        /^delete (canonical|ringrift|medic).* of r-0000000[23] \(.+, kept since: older than 7 days\)$/,
      ),
      expect.stringContaining('older than 7 days'),
      expect.stringContaining('older than 7 days'),
    ]);
    expect(pruneQuarantine.describe([target], {})).toBe(
      'delete 3 kept files (2.2 MB) on 1 node: there r-00000002 and r-00000003 can no longer be rolled back',
    );
    for (const { code, stderr } of await here.forward(target)) expect(`${code} ${stderr}`).toBe('0 ');
    expect(kept(here).toSorted()).toEqual([
      'notes/from-somebody.kept',
      `r-00000001/${C}.kept`,
      `r-00000001/${C}.placed`,
      'r-00000004/canonical_square8_9p.pth.kept',
    ]);
    expect(here.tree()).toEqual(before);
    // Judged by what the paths are afterwards, and run again it finds everything done.
    const states = await measure(here.context(), Object.keys(target.after));
    expect(Object.values(states)).toEqual(Object.values(target.after));
    for (const { code } of await here.forward(target)) expect(code).toBe(0);
    expect(
      await pruneQuarantine.plan(here.context({ params: { asOf: new Date(Date.now() + 8 * DAY_MS).toISOString() } })),
    ).toEqual({
      kind: 'nothing',
    });
  });

  it('keeps the newest file of a model of which none was ever on record', async () => {
    const here = nodeHere();
    keep(here, 'r-00000001', `${C}.kept`, bytesOf('one'));
    execFileSync('sleep', ['1.1']);
    keep(here, 'r-00000002', `${C}.kept`, bytesOf('two'));
    await here.forward(await plan(here, 8));
    expect(kept(here)).toEqual([`r-00000002/${C}.kept`]);
  });

  it('deletes nothing by a clock that is wrong', async () => {
    const here = withHistory();
    const now = () => new Date(Date.now() - 9 * DAY_MS);
    const params = { asOf: new Date(Date.now() + 8 * DAY_MS).toISOString() };
    expect(await pruneQuarantine.plan(here.context({ params, now }))).toMatchObject({
      kind: 'refused',
      refusal: { code: 'clock_skewed' },
    });
  });

  it('deletes nothing that changed after the plan, and nothing half', async () => {
    const here = withHistory();
    const target = await plan(here, 8);
    const path = keep(here, 'r-00000002', `${C}.kept`, 'somebody laid another file here');
    const results = await here.forward(target);
    expect(results.map(({ code }) => code).toSorted((a, b) => a - b)).toEqual([0, 0, 10]);
    expect(existsSync(path)).toBe(true);
  });

  it('never leaves quarantine, whatever it is given', async () => {
    const here = withHistory();
    const target = await plan(here, 8);
    const [step] = target.steps;
    if (step?.kind !== 'run') throw new Error('no step');
    const [name = '', folder = '', id = '', , , ...tokens] = step.argv;
    const before = here.tree();
    const all = kept(here);
    const attempts = [
      ['..', C],
      ['../..', C],
      ['r-00000002/../..', C],
      ['r-0000000x', C],
      ['r-00000002', '../r-00000001/x'],
      ['r-00000002', '..'],
      ['r-00000002', ''],
      ['r-00000002', '.hidden'],
    ];
    for (const [receipt = '', file = ''] of attempts)
      expect((await here.act([name, folder, id, receipt, file, ...tokens])).code, `${receipt} ${file}`).toBe(10);
    expect((await here.act([name, folder, '1:1', 'r-00000002', C, ...tokens])).code).toBe(10);
    // A link where the receipt's folder should be leads to the models themselves.
    rmSync(here.path('.medic/quarantine/r-00000003'), { recursive: true });
    symlinkSync(here.models, here.path('.medic/quarantine/r-00000003'));
    writeFileSync(here.path(`${C}.kept`), 'not ours');
    expect((await here.act([name, folder, id, 'r-00000003', C, ...tokens])).code).toBe(13);
    rmSync(here.path(`${C}.kept`));
    rmSync(here.path('.medic/quarantine/r-00000003'));
    expect(here.tree()).toEqual(before);
    expect(kept(here)).toEqual(all.filter((path) => !path.startsWith('r-00000003')));
  });

  it('that is killed at any program can be run again, and says so where it may not delete', async () => {
    for (const call of [1, 3]) {
      const here = withHistory();
      const target = await plan(here, 8);
      const counter = join(here.folder, 'calls');
      writeFileSync(counter, '');
      const rm = `#!/bin/sh\nprintf x >>'${counter}'\n[ $(wc -c <'${counter}') -ne ${call} ] || kill -9 0\nexec /usr/bin/rm "$@"\n`;
      await here.forward(target, { env: { PATH: pathWithout(here.folder, [], { rm }) } });
      for (const { code, stderr } of await here.forward(target)) expect(`${code} ${stderr}`).toBe('0 ');
      expect(kept(here).toSorted()).toEqual([`r-00000001/${C}.kept`, `r-00000001/${C}.placed`]);
    }
    const here = withHistory();
    const target = await plan(here, 8);
    const rm = '#!/bin/sh\necho "rm: cannot remove: Operation not permitted" >&2\nexit 1\n';
    const results = await here.forward(target, { env: { PATH: pathWithout(here.folder, [], { rm }) } });
    expect(results.map(({ code }) => code)).toEqual([13, 13, 13]);
    expect(kept(here)).toHaveLength(5);
  });

  it('runs under busybox alone', async () => {
    const here = withHistory();
    const bin = join(here.folder, 'busybox');
    mkdirSync(bin);
    execFileSync('busybox', ['--install', '-s', bin]);
    const shell = { shell: [join(bin, 'sh')], env: { PATH: bin } };
    const other = nodeHere(['hex8_2p', 'hex8_4p'], { shell });
    keep(other, 'r-00000002', `${A}.kept`);
    for (const { code, stderr } of await other.forward(await plan(other, 8))) expect(`${code} ${stderr}`).toBe('0 ');
    expect(kept(other)).toEqual([]);
  });
});

describe("the check 'quarantine'", () => {
  it('lists what lies there by receipt and model, and what deleting it would free', async () => {
    const here = withHistory();
    keep(here, 'notes', 'from-somebody.kept', 'not ours');
    // Its bytes have another name too.
    linkSync(here.path(`.medic/quarantine/r-00000002/${A}.kept`), here.path('elsewhere'));
    const limits = { ...LIMITS, quarantineGenerations: 1, quarantinePercent: 100 };
    const { kept: told = [], notes } = await quarantine.run(here.context({ limits }));
    expect(
      told.map(({ receipt, name, model, bytes, frees, state }) => [receipt, name, model, bytes, frees, state]),
    ).toEqual(
      expect.arrayContaining([
        ['r-00000001', C, 'hex8_2p', 1_100_006, 1_100_000, expect.stringMatching(/last_good|kept/)],
        ['r-00000002', C, 'hex8_2p', 1_100_000, 1_100_000, expect.stringMatching(/expired|kept/)],
        ['r-00000002', A, 'hex8_2p', 1_100_000, 0, 'kept'],
        ['r-00000003', `medic-${'0'.repeat(32)}`, undefined, 15, 15, 'kept'],
      ]),
    );
    expect(notes).toEqual(['vast-1: 1 file in quarantine that no receipt names so, left alone']);
    const none = await quarantine.run(nodeHere().context());
    expect(none).toEqual({ findings: [], unknown: [], notes: [], kept: [] });
  });

  it('reads a file for its digest once', async () => {
    const here = withHistory();
    await plan(here, 8);
    const known = here.digests.size;
    expect(known).toBeGreaterThan(2);
    const names: string[] = [];
    const context = here.context();
    await plan(here, 8, {
      read: (fact) => {
        names.push(fact.name);
        return context.read(fact);
      },
    });
    expect(names).not.toContain('file-digests');
  });
});

describe('a way back', () => {
  const cases = ['alias missing', 'alias is a regular file', 'model missing', 'other bytes of the same size'] as const;

  it.each(cases)('from “%s” is refused once what it needs was pruned', async (name) => {
    const here = nodeHere();
    const one = repairCases[name];
    if (one === undefined) throw new Error('no such case');
    one.fault(here);
    here.age();
    const { findings } = await here.look();
    const models = here.all.filter(({ name }) => findings.some(({ model }) => model === undefined || model === name));
    const outcome = await repairs.find(({ name }) => name === one.repair)?.plan(here.context({ models }));
    if (outcome?.kind !== 'steps') throw new Error('no plan');
    const { target } = outcome;
    await here.forward(target);
    const back = rollbackOf(aPlan([], { targets: [target] }), aReceipt([aResult(target.node)], { id: RECEIPT }));
    if (!back.ok) throw new Error(back.refusal.text);
    const params = Params.parse(back.params);
    const needs = target.steps.some(({ undo }) => {
      const argv = undo.kind === 'run' ? undo.argv.map((word) => (word === '{receipt}' ? RECEIPT : word)) : [''];
      const path = keptFor(argv);
      if (path !== undefined) expect(existsSync(here.path(path)), path).toBe(true);
      return path !== undefined;
    });
    expect((await rollback.plan(here.context({ params }))).kind).toBe('steps');
    rmSync(here.path('.medic/quarantine'), { recursive: true });
    const after = await rollback.plan(here.context({ params }));
    if (needs) expect(after).toMatchObject({ kind: 'refused', refusal: { code: 'no_way_back', text: /pruned/ } });
    else expect(after.kind).toBe('steps');
  });
});
