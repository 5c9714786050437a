import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultNodes, resolveNodeSet } from '../../src/domain/node-set.ts';
import { aNode } from '../support/nodes.ts';

const retired = { active: false, status: 'retired', noTargetBecause: 'its status is retired' };
const fleet = [
  aNode('mac-studio', { coordinator: true, role: 'coordinator', noTargetBecause: 'it is the source' }),
  aNode('vast-1'),
  aNode('vast-2'),
  aNode('vast-3', { ...retired, note: 'Instance terminated' }),
  aNode('vast-12', { gpu: null }),
  aNode('vast-121'),
  aNode('nebius-h100-1', { role: 'backbone' }),
  aNode('hetzner-cpu1', { gpu: null, noTargetBecause: 'sync_routing.excluded_hosts names it' }),
  aNode('n07'),
  aNode('n08'),
  aNode('aws-proxy', { gpu: null, modelsDir: null, noTargetBecause: 'it is a proxy only' }),
];

describe('resolveNodeSet', () => {
  it.each([
    ['vast-2,vast-1', 'vast-1 vast-2'],
    ['vast-1, vast-1', 'vast-1'],
    ['vast-*', 'vast-1 vast-2 vast-12 vast-121'],
    ['vast-?', 'vast-1 vast-2'],
    ['*-*1', 'vast-1 vast-121 nebius-h100-1 hetzner-cpu1'],
    ['vast-[1-3]', 'vast-1 vast-2'],
    ['vast-[1,12]', 'vast-1 vast-12'],
    ['vast-[ 1 , 2 ]', 'vast-1 vast-2'],
    ['n[07-08]', 'n07 n08'],
    ['n0[7-8]', 'n07 n08'],
    ['@gpu', 'mac-studio vast-1 vast-2 vast-121 nebius-h100-1 n07 n08'],
    ['@provider:vast', 'vast-1 vast-2 vast-12 vast-121'],
    ['@role:coordinator', 'mac-studio'],
    ['@targets', 'vast-1 vast-2 vast-12 vast-121 nebius-h100-1 n07 n08'],
    ['@all!vast-*', 'mac-studio nebius-h100-1 hetzner-cpu1 n07 n08 aws-proxy'],
    ['@gpu!n07', 'mac-studio vast-1 vast-2 vast-121 nebius-h100-1 n08'],
    ['vast-1,vast-2!vast-2', 'vast-1'],
    ['vast-1!vast-2,vast-2', 'vast-1'],
    ['!vast-2,vast-[1-2]', 'vast-1'],
    ['@gpu,!n07', 'mac-studio vast-1 vast-2 vast-121 nebius-h100-1 n08'],
    ['@gpu,!n07&n0*', 'n08'],
    ['@gpu&vast-*', 'vast-1 vast-2 vast-121'],
    ['n07,@gpu&vast-*', 'vast-1 vast-2 vast-121 n07'],
    ['@gpu & vast-* & *1', 'vast-1 vast-121'],
    ['@provider:vast!vast-3', 'vast-1 vast-2 vast-12 vast-121'],
  ])('%s', (text, expected) => {
    const result = resolveNodeSet(text, fleet);
    expect(result.ok ? result.nodes.map(({ name }) => name).join(' ') : result.refusal.text).toBe(expected);
  });

  it.each([
    [
      'vast-12x',
      'node_unknown',
      '"vast-12x" is no node of this cluster. Did you mean vast-12, vast-121? Nothing was run.',
    ],
    ['vsat-*', 'node_unknown', 'matches no node of this cluster.'],
    ['@gpu!vsat-1', 'node_unknown', 'Did you mean vast-1?'],
    ['vast-[1-5]', 'node_unknown', '"vast-4", "vast-5" are no nodes of this cluster.'],
    ['@provider:vsat', 'node_unknown', 'No node has the provider "vsat". Did you mean vast?'],
    ['@role:', 'node_unknown', 'No node has the role ""'],
    ['vast-3', 'node_inactive', 'vast-3 is not in use: its status is retired (note: Instance terminated).'],
    ['@gpu&vast-3', 'node_inactive', 'vast-3 is not in use'],
    ['vast-[3]', 'node_set_empty', 'its status is retired (note: Instance terminated)'],
    ['vast-1!vast-*', 'node_set_empty', 'left out by "!"'],
    ['vast-1&vast-2', 'node_set_empty', 'leaves no node'],
    ['!vast-1', 'node_set_invalid', 'as in @targets!vast-1'],
    ['', 'node_set_invalid', 'missing at character 1'],
    ['  ', 'node_set_invalid', 'missing at character'],
    ['vast-1,', 'node_set_invalid', 'missing at character 8'],
    ['vast-1,,vast-2', 'node_set_invalid', 'missing at character 8'],
    ['vast-1&', 'node_set_invalid', 'missing at character 8'],
    ['@gpus', 'node_set_invalid', 'Did you mean @gpu?'],
    ['@constructor', 'node_set_invalid', 'is no group'],
    ['n[1-', 'node_set_invalid', 'bracket at character 2'],
    ['n1]', 'node_set_invalid', 'bracket at character 3'],
    ['n[1,2', 'node_set_invalid', 'bracket at character 2'],
    ['n[]', 'node_set_invalid', 'is no range'],
    ['n[a-b]', 'node_set_invalid', 'is no range'],
    ['n[8-1]', 'node_set_invalid', 'write [1-8]'],
    ['n[1-08]', 'node_set_invalid', 'as many digits'],
    ['n[1-99999]', 'node_set_invalid', 'more than 4096 names'],
    ['n[1-100][1-100]', 'node_set_invalid', 'more than 4096 names'],
    ['n[1-999999999999999]', 'node_set_invalid', 'more than 4096 names'],
    ['vast-1; touch x', 'node_set_invalid', '";" at character 7 means nothing in a node set'],
    ['$(id)', 'node_set_invalid', '"$" at character 1'],
    ['../../etc', 'node_set_invalid', '"/" at character 3'],
    ['vast-1 hex8_2p', 'node_set_invalid', 'the space at character 7 should be a comma'],
    ['vast-1\u0000', 'node_set_invalid', '"\\u{0}" at character 7'],
  ])('refuses %j: %s', (text, code, part) => {
    const result = resolveNodeSet(text, fleet);
    expect(result.ok).toBe(false);
    if (result.ok) return;
    expect(result.refusal.text).toContain(part);
    expect(result.refusal.code).toBe(code);
    expect(result.refusal.text).toMatch(/Nothing was run\.$/);
    expect(result.refusal.text).not.toMatch(/\p{Cc}/u);
    expect(result.refusal.text.length).toBeLessThan(400);
  });

  it('says the nearest name before a hostile rest', () => {
    const result = resolveNodeSet('vast-1; touch x', fleet);
    expect(!result.ok && result.refusal.text).toContain('Did you mean vast-1?');
  });

  it('refuses a text without end', () => {
    const result = resolveNodeSet('a'.repeat(20_000), fleet);
    expect(!result.ok && result.refusal.text).toBe('A node set has at most 16384 characters. Nothing was run.');
  });

  it('never widens the nothing of an empty fleet', () => {
    expect(resolveNodeSet('@all', [])).toMatchObject({ ok: false, refusal: { code: 'node_set_empty' } });
  });

  it('is not held up by a pattern of many stars', () => {
    const long = [aNode('a'.repeat(63))];
    const startedAt = performance.now();
    expect(resolveNodeSet(`${'*a'.repeat(5_000)}b`, long).ok).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  it('holds its promises for any text', () => {
    const atom = fc.constantFrom(
      'vast-1',
      'vast-*',
      'vast-[1-3]',
      'n[07-08]',
      '@gpu',
      '@all',
      '@role:backbone',
      'n07',
      '[',
      ' ',
      'é',
    );
    const sign = fc.constantFrom(',', '&', '!', ',!', ' ');
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 50 }),
      fc.array(fc.tuple(sign, atom)).map((pairs) => pairs.flat().join('').slice(1)),
    );
    fc.assert(
      fc.property(text, (one) => {
        const result = resolveNodeSet(one, fleet);
        if (!result.ok) {
          expect(result.refusal.text).not.toBe('');
          return;
        }
        expect(result.nodes.length).toBeGreaterThan(0);
        expect(result.nodes).toEqual(fleet.filter((node) => result.nodes.includes(node)));
        expect(result.nodes.every(({ active }) => active)).toBe(true);
        for (const [, name] of one.matchAll(/!\s*([a-z0-9-]+)\s*(?=[,&!]|$)/g)) {
          expect(result.nodes.map((node) => node.name)).not.toContain(name);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('defaultNodes', () => {
  it('is the active targets and the coordinator', () => {
    const names = defaultNodes(fleet).map(({ name }) => name);
    expect(names.join(' ')).toBe('mac-studio vast-1 vast-2 vast-12 vast-121 nebius-h100-1 n07 n08');
  });
});
