import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { modelFormat } from '../../jobs/checks/model-format.ts';
import { withoutEffects } from '../../src/domain/finding.ts';
import { chooseRepair, sourceLook } from '../../src/registry/jobs.ts';
import { readHere } from '../facts/run-fact.ts';
import { bytesOf, createNodeHere, goodExpectation, modelOf, type NodeHere, pathWithout } from './node-here.ts';

const C = 'canonical_hex8_2p.pth';
const fixture = (name: string) => join(import.meta.dirname, '..', 'support', 'checkpoints', `${name}.pth`);
const tools = mkdtempSync(join(tmpdir(), 'medic-tools-'));
afterAll(() => rmSync(tools, { recursive: true, force: true }));

let here: NodeHere;
beforeEach(() => {
  here = createNodeHere(['hex8_2p']);
});
afterEach(() => here.close());

async function codes(over = {}) {
  const { findings, unknown, notes } = await modelFormat.run(here.context(over));
  return { findings: findings.map(({ code }) => code), unknown: unknown.map(({ reason }) => reason), notes };
}

describe('model-format', () => {
  it.each([
    ['flipped_byte', 'format_corrupt'],
    ['html_error', 'format_invalid'],
    ['legacy_format', 'format_legacy'],
    ['wrong_board', 'metadata_wrong'],
    ['numpy_scalar', 'load_refused'],
    ['runs_code_when_unpickled', 'load_refused'],
  ])('tells %s as %s alone, and the promoted bytes cure it', async (name, code) => {
    copyFileSync(fixture(name), here.path(C));
    const { findings } = await modelFormat.run(here.context());
    const all = withoutEffects([...(await here.look()).findings, ...findings]);
    expect(all.map((found) => found.code)).toEqual([code]);
    expect(chooseRepair(all, goodExpectation('hex8_2p'))).toBe('resync-model');
  });

  it.each(['good', 'bare_state_dict'])('has nothing against %s, whoever made it', async (name) => {
    copyFileSync(fixture(name), here.path(C));
    expect(await codes()).toEqual({ findings: [], unknown: [], notes: ['1 of 1 files are sound inside'] });
  });

  it('leaves a missing or cut file to model-present, and says nothing while the source is wrong', async () => {
    copyFileSync(fixture('truncated'), here.path(C));
    expect((await codes()).findings).toEqual([]);
    copyFileSync(fixture('html_error'), here.path(C));
    here.expect('hex8_2p', { source: { kind: 'bad', node: 'mac-studio', detail: 'broken' } });
    expect((await codes()).findings).toEqual([]);
    const node = { ...here.context().node, name: 'mac-studio', coordinator: true };
    expect((await codes({ node })).findings).toEqual(['format_invalid']);
  });

  it('does not read again what the source was read to be', async () => {
    // These bytes are no checkpoint; only the record's digest speaks for them.
    writeFileSync(here.path(C), bytesOf('hex8_2p'));
    expect((await codes()).findings).toEqual([]);
    here.expect('hex8_2p', { source: { kind: 'unknown', node: 'mac-studio', detail: 'timeout' } });
    expect((await codes()).findings).toEqual(['format_invalid']);
  });

  it('is unknown where nothing can read it, and the source is then not sent from', async () => {
    copyFileSync(fixture('good'), here.path(C));
    const read = readHere({ env: { PATH: pathWithout(tools, ['python3']) } });
    expect(await codes({ read })).toEqual({
      findings: [],
      unknown: ['no_tool'],
      notes: ['0 of 1 files are sound inside'],
    });
    const { node } = here.context();
    const seen = await sourceLook({ node, models: [modelOf('hex8_2p')], read, ledger: null });
    expect(seen.get('hex8_2p')).toMatchObject({ read: false });
  });

  it.each(['numpy_scalar', 'runs_code_when_unpickled'])('keeps %s from being a source', async (name) => {
    copyFileSync(fixture(name), here.path(C));
    const { node } = here.context();
    const seen = await sourceLook({ node, models: [modelOf('hex8_2p')], read: readHere(), ledger: null });
    expect(seen.get('hex8_2p')).toMatchObject({
      fault: 'load_refused',
      detail: expect.stringContaining('load_refused'),
    });
  });
});
