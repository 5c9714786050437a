import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCeilings } from '../../src/config/ceilings.ts';
import { Ceilings, ceilingRefusal } from '../../src/domain/ceilings.ts';
import { aPlan, nodeNames } from '../support/builders/plans.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'medic-ceilings-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const uid = process.getuid?.() ?? null;
function read(text: string, mode = 0o600) {
  const file = join(folder, 'ceilings.yaml');
  writeFileSync(file, text);
  chmodSync(file, mode);
  return readCeilings(file, uid);
}

describe('ceilings.yaml', () => {
  it('is none where there is no file', () => {
    expect(readCeilings(join(folder, 'none.yaml'), uid)).toEqual({ ok: true, ceilings: Ceilings.parse({}) });
  });

  it('is read whole', () => {
    const text = 'changesPerNodeHour: 5\nnever:\n  nodes: [vast-*, hub]\n  repairs: [pin]\n';
    expect(read(text)).toEqual({
      ok: true,
      ceilings: { changesPerNodeHour: 5, never: { nodes: ['vast-*', 'hub'], models: [], repairs: ['pin'] } },
    });
  });

  it.each([
    ['changesPerNodeHours: 5\n', /changesPerNodeHours is no key of this file.*changesPerNodeHour/],
    ['changesPerNodeHour: many\n', /number/],
    ['never: {nodes: ["a b"]}\n', /./],
    ['- a\n', /./],
    ['never: {\n', /not readable as YAML/],
  ])('tells what is wrong in %j, with its place', (text, words) => {
    const result = read(text);
    if (result.ok) throw new Error('was taken');
    expect(result.faults.map((fault) => fault.text).join('\n')).toMatch(words);
    expect(result.faults[0]?.place).toContain('ceilings.yaml');
  });

  it('is not taken when others could have written it', () => {
    expect(read('changesPerNodeHour: 5\n', 0o666)).toMatchObject({ ok: false });
  });
});

describe('what a worker never does', () => {
  const plan = aPlan(nodeNames(2));
  it.each<[string, Partial<Ceilings['never']>, boolean]>([
    ['nothing is forbidden', {}, false],
    ['another node', { nodes: ['vast-22', 'last-*'] }, false],
    ['one of its nodes', { nodes: ['vast-2'] }, true],
    ['its nodes by a pattern', { nodes: ['v*-1'] }, true],
    ['a pattern is no regular expression', { nodes: ['vast..'] }, false],
    ['its model', { models: ['hex8_2p'] }, true],
    ['its repair', { repairs: ['link-aliases'] }, true],
  ])('%s', (_, never, refused) => {
    const refusal = ceilingRefusal(Ceilings.parse({ never }), plan);
    expect(refusal?.code).toBe(refused ? 'ceiling_reached' : undefined);
  });
});
