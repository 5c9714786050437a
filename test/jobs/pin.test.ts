import { createHash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { copiesLook } from '../../jobs/checks/copies-look.ts';
import { candidateLines } from '../../jobs/checks/dispute.ts';
import type { TargetPlan } from '../../src/contract/job.ts';
import { checkpointOf } from '../../src/demo/fleet/models.ts';
import type { ModelCopy } from '../../src/domain/expected.ts';
import type { Params } from '../../src/domain/plan.ts';
import { chooseRepair, repairs } from '../../src/registry/jobs.ts';
import { readHere } from '../facts/run-fact.ts';
import {
  bytesOf,
  createNodeHere,
  goodExpectation,
  MODEL_BYTES,
  modelOf,
  type NodeHere,
  nodeNamed,
} from './node-here.ts';

const MODEL = 'hex8_2p';
const FILE = modelOf(MODEL).canonical;
const GOOD = goodExpectation(MODEL).record.current?.digest ?? '';
const OLD = createHash('sha256').update(bytesOf('old')).digest('hex');
let open: NodeHere[] = [];

afterEach(() => {
  for (const here of open) here.close();
  open = [];
});

function aCopy(but: Partial<ModelCopy> = {}): ModelCopy {
  return {
    model: MODEL,
    node: 'vast-7',
    path: FILE,
    digest: GOOD,
    bytes: MODEL_BYTES,
    mtimeS: 1_700_000_000,
    sound: true,
    detail: 'was on record',
    ...but,
  };
}

/** A models folder with one model, of which these copies lie elsewhere. */
function here(
  copies: readonly ModelCopy[],
  coordinator = true,
): { node: NodeHere; plan: (repair: string, params?: Params) => Promise<TargetPlan> } {
  const node = createNodeHere([MODEL]);
  open.push(node);
  const { record, source } = goodExpectation(MODEL);
  const line = { ...(record.current ?? never()), digest: OLD, mtimeS: 1_600_000_000 };
  node.expect(MODEL, {
    record: { ...record, earlier: [line] },
    source: { ...source, node: coordinator ? 'vast-1' : 'mac-studio' },
    copies,
  });
  return {
    node,
    plan(name, params = {}) {
      const repair = repairs.find((one) => one.name === name) ?? never();
      return repair.plan(node.context({ node: { ...nodeNamed('vast-1', node.models), coordinator }, params }));
    },
  };
}

function never(): never {
  throw new Error('not to be reached');
}

const asked = (to: string, everywhere = false): Params => ({ to, by: 'cli:alice', everywhere });
const stepsOf = (plan: TargetPlan) =>
  plan.kind === 'steps'
    ? plan.target.steps.map((step) =>
        step.kind === 'transfer'
          ? `send ${step.digest.slice(0, 8)} from ${step.sources.join()} ${step.sourcePath ?? step.file} at ${step.mtimeS}`
          : step.kind === 'record'
            ? `record ${step.from?.slice(0, 8) ?? 'nothing'} -> ${step.to.digest.slice(0, 8)}`
            : step.kind === 'run'
              ? step.argv[0]
              : step.kind,
      )
    : [plan.kind === 'refused' ? `${plan.refusal.code}: ${plan.refusal.text}` : plan.kind];

describe('restore-source', () => {
  it.each<[string, Partial<ModelCopy>[], string]>([
    ['a node that plays it', [{}], `send ${GOOD.slice(0, 8)} from vast-7 ${FILE} at 1700000000`],
    [
      'a node rather than quarantine',
      [{ node: 'vast-1', path: `.medic/quarantine/r-1/${FILE}.kept` }, {}],
      `send ${GOOD.slice(0, 8)} from vast-7 ${FILE} at 1700000000`,
    ],
    [
      'its own quarantine when nobody plays it',
      [{ node: 'vast-1', path: `.medic/quarantine/r-1/${FILE}.kept` }, { digest: OLD }],
      `send ${GOOD.slice(0, 8)} from vast-1 .medic/quarantine/r-1/${FILE}.kept at 1700000000`,
    ],
  ])('brings the file back from %s', async (_, copies, step) => {
    const { node, plan } = here(copies.map(aCopy));
    writeFileSync(node.path(FILE), bytesOf('else'));
    node.age();
    expect(stepsOf(await plan('restore-source'))).toEqual([step]);
  });

  it('is chosen only where somebody holds the recorded bytes', async () => {
    for (const copies of [[aCopy()], [aCopy({ digest: OLD })]]) {
      const { node } = here(copies);
      rmSync(node.path(FILE));
      const { findings } = await node.look({ node: { ...nodeNamed('vast-1', node.models), coordinator: true } });
      const expected = node.context().expected.get(MODEL) ?? never();
      expect(chooseRepair(findings, expected)).toBe(copies[0]?.digest === GOOD ? 'restore-source' : undefined);
    }
  });

  it('is refused where nobody does, and on every other node', async () => {
    const nobody = here([aCopy({ digest: OLD }), aCopy({ sound: false })]);
    rmSync(nobody.node.path(FILE));
    expect(stepsOf(await nobody.plan('restore-source'))).toEqual([
      expect.stringMatching(/^source_bad: No node that answers holds/),
    ]);
    expect(stepsOf(await here([aCopy()], false).plan('restore-source'))).toEqual([
      expect.stringMatching(/^source_bad: vast-1 is not where/),
    ]);
  });
});

describe('pin', () => {
  const old = aCopy({ digest: OLD, path: 'canonical_hex8_2p.backup.pth', node: 'vast-1' });

  it('brings the bytes to the coordinator with the time they had, then moves the record', async () => {
    for (const to of ['previous', OLD.slice(0, 8), OLD]) {
      expect(stepsOf(await here([old]).plan('pin', asked(to)))).toEqual([
        `send ${OLD.slice(0, 8)} from vast-1 canonical_hex8_2p.backup.pth at 1600000000`,
        `record ${GOOD.slice(0, 8)} -> ${OLD.slice(0, 8)}`,
      ]);
    }
  });

  it('only moves the record where the coordinator holds the bytes', async () => {
    const { node, plan } = here([aCopy({ node: 'vast-1', digest: OLD })]);
    writeFileSync(node.path(FILE), bytesOf('old'));
    node.age();
    expect(stepsOf(await plan('pin', asked(OLD.slice(0, 8))))).toEqual([
      `record ${GOOD.slice(0, 8)} -> ${OLD.slice(0, 8)}`,
    ]);
  });

  it('has nothing to do for what is current, firm and undisputed', async () => {
    expect(stepsOf(await here([aCopy({ node: 'vast-1' })]).plan('pin', asked(GOOD.slice(0, 8))))).toEqual(['nothing']);
  });

  it('sends to other nodes only where that is wished, from the coordinator', async () => {
    expect(stepsOf(await here([old], false).plan('pin', asked('previous')))).toEqual(['nothing']);
    expect(stepsOf(await here([old], false).plan('pin', asked('previous', true)))).toEqual([
      `send ${OLD.slice(0, 8)} from mac-studio ${FILE} at 1600000000`,
    ]);
  });

  it.each<[string, string, Partial<ModelCopy>[], RegExp]>([
    ['a digest that nobody knows', '00000000', [{}], /^digest_unknown: No known digest .* There are: .*: 1\.1 MB/],
    ['a digest of which no copy is left', OLD, [], /^source_bad: Nobody who answers holds/],
    [
      'bytes that are not sound inside',
      'abababab',
      [{ digest: 'ab'.repeat(32), sound: false, detail: 'load_refused: it runs code' }],
      /^source_bad: .* is not sound: load_refused: it runs code\. It is never sent\.$/,
    ],
    [
      'the beginning of two digests',
      'abababab',
      [{ digest: 'ab'.repeat(32) }, { digest: `${'ab'.repeat(31)}cd` }],
      /^digest_unknown: More than one known digest/,
    ],
  ])('refuses %s', async (_, to, copies, why) => {
    expect(stepsOf(await here(copies.map(aCopy)).plan('pin', asked(to)))).toEqual([expect.stringMatching(why)]);
  });

  it('refuses the one before when there was none', async () => {
    const { node, plan } = here([aCopy()]);
    node.expect(MODEL, { copies: [aCopy()], source: { kind: 'good', node: 'vast-1' } });
    expect(stepsOf(await plan('pin', asked('previous')))).toEqual([
      expect.stringMatching(/^digest_unknown: .* had no other digest/),
    ]);
  });
});

describe('copies of a model', () => {
  it('are told a digest with everything that tells them apart', () => {
    const lines = candidateLines([
      aCopy({ node: 'vast-1' }),
      aCopy({ node: 'vast-2' }),
      aCopy({
        node: 'vast-3',
        digest: OLD,
        path: `.medic/quarantine/r-1/${FILE}.kept`,
        sound: false,
        detail: 'format_corrupt: bad',
      }),
    ]);
    expect(lines).toEqual([
      `${GOOD.slice(0, 8)}: 1.1 MB, written 2023-11-14 22:13 UTC, sound; 2 nodes play it (vast-[1-2])`,
      `${OLD.slice(0, 8)}: 1.1 MB, written 2023-11-14 22:13 UTC, not sound: format_corrupt: bad; .medic/quarantine/r-1/${FILE}.kept on vast-3`,
    ]);
  });

  it('are found under the name, beside it and in quarantine, and read by the gate where they were never on record', async () => {
    const node = createNodeHere([MODEL], { fill: false });
    open.push(node);
    const known = checkpointOf(MODEL, 1);
    const digest = createHash('sha256').update(known).digest('hex');
    writeFileSync(node.path(FILE), known);
    writeFileSync(node.path('canonical_hex8_2p.backup.pth'), checkpointOf('square8_3p', 1));
    writeFileSync(node.path('canonical_hex8_2p_v2.pth'), checkpointOf(MODEL, 3));
    const told = new Map<string, string>();
    const copies = await copiesLook({
      node: nodeNamed('vast-1', node.models),
      models: node.all,
      read: readHere(),
      known: new Set([digest]),
      digests: {
        get: async (key) => told.get(key),
        set: async (key, sum) => void told.set(key, sum),
        forget: async () => undefined,
      },
    });
    expect(copies).toMatchObject([
      { path: FILE, digest, sound: true, detail: 'was on record', node: 'vast-1', model: MODEL },
      { path: 'canonical_hex8_2p.backup.pth', sound: false, detail: expect.stringMatching(/^metadata_wrong/) },
    ]);
    // What did not change since is not read for its digest again.
    expect([...told.values()].toSorted()).toEqual(copies.map((copy) => copy.digest).toSorted());
  });
});
