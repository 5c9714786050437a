import { copyFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fault } from '../../src/domain/fault.ts';
import { checks, measure, sourceLook } from '../../src/registry/jobs.ts';
import { readHere } from '../facts/run-fact.ts';
import { bytesOf, createNodeHere, goodExpectation, MODEL_BYTES, modelOf, type NodeHere } from './node-here.ts';

const A = 'ringrift_best_hex8_2p.pth';
const C = 'canonical_hex8_2p.pth';
const EMPTY = { model: 'hex8_2p', current: null, candidate: null, earlier: [] };

let here: NodeHere;
beforeEach(() => {
  here = createNodeHere();
});
afterEach(() => here.close());

describe('checks of a node', () => {
  it('say what was looked at and is right', async () => {
    const { findings, unknown, notes } = await here.look();
    expect([findings, unknown]).toEqual([[], []]);
    expect(notes).toEqual([
      'the node answers',
      '2 of 2 models are there in full length',
      '2 of 2 files have the promoted digest',
      '2 of 2 aliases are right',
    ]);
  });

  it('say it in words for a person', async () => {
    rmSync(here.path(A));
    rmSync(here.path('ringrift_best_hex8_4p.pth'));
    symlinkSync(C, here.path('ringrift_best_hex8_4p.pth'));
    const titles = (await here.look()).findings.map(({ title }) => title);
    expect(titles).toEqual([
      'ringrift_best_hex8_2p.pth is missing: self-play there falls back to the heuristic',
      'ringrift_best_hex8_4p.pth -> canonical_hex8_2p.pth: it plays hex8_2p',
    ]);
  });

  it('never call unknown missing or clear', async () => {
    rmSync(here.path(C));
    rmSync(here.path(A));
    here.expect('hex8_2p', { record: EMPTY, source: { kind: 'unknown', node: 'mac-studio', detail: 'timeout' } });
    const silent = await here.look();
    expect(silent.unknown).toEqual(['no_record hex8_2p']);
    expect(silent.findings.map(({ code }) => code)).toEqual(['alias_missing']);
    writeFileSync(here.path(C), bytesOf('hex8_2p'));
    expect((await here.look()).unknown).toEqual(['no_record hex8_2p']);
    rmSync(here.path(C));
    here.expect('hex8_2p', { record: EMPTY, source: { kind: 'absent', node: 'mac-studio' } });
    const nowhere = await here.look();
    expect([nowhere.findings, nowhere.unknown]).toEqual([[], []]);
    expect(nowhere.notes).toContain('not distributed: hex8_2p');
  });

  it('pass a node that does not answer on as its reason', async () => {
    const read = async (): Promise<never> => {
      throw new Fault('refused', 'connection refused');
    };
    // Those that ask several places or addresses tell each of them apart, and are tried where they are.
    const several = new Set([
      'daemon-health',
      'transport-diagnosis',
      'distribution-progress',
      'host-key',
      'incident-causes',
      'model-copies',
      'worker-self',
    ]);
    const silent = await Promise.all(
      checks
        .filter(({ name }) => !several.has(name))
        .map(async (check) => {
          const reason = await check.run(here.context({ read })).then(
            () => 'none',
            (fault: unknown) => (fault instanceof Fault ? fault.reason : 'no Fault'),
          );
          return `${check.name}: ${reason}`;
        }),
    );
    expect(silent.filter((line) => !line.endsWith(': refused'))).toEqual([]);
  });

  it('say no word about other nodes while the source itself is wrong', async () => {
    writeFileSync(here.path(C), bytesOf('else'));
    here.expect('hex8_2p', { source: { kind: 'bad', node: 'mac-studio', detail: 'broken' } });
    const seen = await here.look();
    expect(seen.findings).toEqual([]);
    expect(seen.notes).toContain("canonical_hex8_2p.pth is not judged: the coordinator's own file is not right");
    const node = { ...here.context().node, name: 'mac-studio', coordinator: true };
    expect((await here.look({ node })).findings.map(({ code }) => code)).toEqual(['digest_mismatch']);
  });

  it('tell a new model on the coordinator that was seen once', async () => {
    writeFileSync(here.path(C), bytesOf('hex8_4p'));
    const { record } = goodExpectation('hex8_2p');
    const { current } = goodExpectation('hex8_4p').record;
    here.expect('hex8_2p', { record: { ...record, candidate: current } });
    expect((await here.look()).findings.map(({ code, severity }) => [code, severity])).toEqual([
      ['model_in_flight', 'warning'],
    ]);
  });

  it('use a remembered digest only for an unchanged file, and none when fresh', async () => {
    await here.look();
    expect(here.digests.size).toBe(2);
    for (const key of here.digests.keys()) here.digests.set(key, 'f'.repeat(64));
    expect((await here.look()).findings.map(({ code }) => code)).toEqual(['digest_mismatch', 'digest_mismatch']);
    expect((await here.look({ fresh: true })).findings).toEqual([]);
    for (const key of here.digests.keys()) here.digests.set(key, 'f'.repeat(64));
    copyFileSync(here.path(C), here.path('copy'));
    renameSync(here.path('copy'), here.path(C));
    expect((await here.look()).findings.map(({ model }) => model)).toEqual(['hex8_4p']);
  });

  it('do not take a canonical name that is a link for read', async () => {
    renameSync(here.path(C), here.path('elsewhere'));
    symlinkSync('elsewhere', here.path(C));
    const { findings, unknown } = await here.look();
    expect([findings, unknown]).toEqual([[], ['parse hex8_2p']]);
  });

  it('measure names for a receipt', async () => {
    rmSync(here.path(A));
    expect(await measure(here.context(), [A, C])).toMatchObject({
      [A]: { kind: 'absent' },
      [C]: { kind: 'file', size: MODEL_BYTES },
    });
  });
});

describe('the look at the source', () => {
  it('tells digest, length, time and soundness of every model', async () => {
    const fixtures = join(import.meta.dirname, '..', 'support', 'checkpoints');
    const names = ['hex8_2p', 'hex8_3p', 'square8_2p', 'square19_2p', 'hexagonal_2p'];
    const source = createNodeHere(names, { fill: false });
    try {
      copyFileSync(join(fixtures, 'good.pth'), source.path('canonical_hex8_2p.pth'));
      copyFileSync(join(fixtures, 'wrong_board.pth'), source.path('canonical_hex8_3p.pth'));
      copyFileSync(join(fixtures, 'flipped_byte.pth'), source.path('canonical_square8_2p.pth'));
      symlinkSync('canonical_hex8_2p.pth', source.path('canonical_square19_2p.pth'));
      const { node } = source.context();
      const seen = await sourceLook({ node, models: names.map(modelOf), read: readHere(), ledger: null });
      expect(seen.get('hex8_2p')).toMatchObject({ kind: 'file', bytes: 1_182_506, read: true });
      expect(seen.get('hex8_3p')).toMatchObject({
        kind: 'file',
        fault: 'metadata_wrong',
        detail: expect.stringContaining('metadata_wrong'),
      });
      expect(seen.get('square8_2p')).toMatchObject({
        kind: 'file',
        fault: 'format_corrupt',
        detail: expect.stringContaining('format_corrupt'),
      });
      expect(seen.get('square19_2p')).toMatchObject({ kind: 'bad' });
      expect(seen.get('hexagonal_2p')).toMatchObject({ kind: 'absent' });
      const gone = await sourceLook({
        node: { ...node, modelsDir: source.path('none') },
        models: [modelOf('hex8_2p')],
        read: readHere(),
        ledger: null,
      });
      expect(gone.get('hex8_2p')).toMatchObject({ kind: 'bad' });
    } finally {
      source.close();
    }
  });
});
