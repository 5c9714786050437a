import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { askedScope } from '../../src/domain/asked-scope.ts';
import { aNode } from '../support/nodes.ts';

const known = {
  models: ['hex8_2p', 'hex8_3p'].map((name) => ({
    name,
    canonical: `canonical_${name}.pth`,
    alias: `ringrift_best_${name}.pth`,
  })),
  nodes: [
    aNode('hub', { coordinator: true, role: 'coordinator', gpu: null, noTargetBecause: 'it is the source of models' }),
    aNode('vast-1'),
    aNode('vast-2'),
    aNode('vast-3', { active: false, status: 'terminated', noTargetBecause: 'terminated' }),
    aNode('proxy-1', { modelsDir: null, noTargetBecause: 'it is a proxy' }),
  ],
  checks: [{ name: 'reachable' }, { name: 'alias-links' }],
  flags: [
    { name: 'only', takes: 'list' },
    { name: 'fresh', takes: 'nothing' },
  ] as const,
};

describe('askedScope', () => {
  it('without words is every model, every active target with the coordinator, every check', () => {
    expect(askedScope([], known)).toEqual({
      ok: true,
      scope: {
        models: ['hex8_2p', 'hex8_3p'],
        nodes: ['hub', 'vast-1', 'vast-2'],
        checks: ['reachable', 'alias-links'],
      },
      flags: new Map(),
      named: { models: false, nodes: false, checks: false },
    });
  });

  it.each<[string[], object]>([
    [['hex8_3p'], { models: ['hex8_3p'] }],
    [['canonical_hex8_3p.pth'], { models: ['hex8_3p'] }],
    [['ringrift_best_hex8_3p.pth'], { models: ['hex8_3p'] }],
    [['on', 'vast-2'], { nodes: ['vast-2'] }],
    [['hex8_2p', 'on', 'vast-[1-2]!vast-1'], { models: ['hex8_2p'], nodes: ['vast-2'] }],
    [['--only', 'alias-links'], { checks: ['alias-links'] }],
  ])('%j names its part', (words, part) => {
    const nothing = { models: false, nodes: false, checks: false };
    const named = { ...nothing, ...Object.fromEntries(Object.keys(part).map((key) => [key, true])) };
    expect(askedScope(words, known)).toMatchObject({ ok: true, named, scope: part });
  });

  it('keeps the flags apart from the names', () => {
    expect(askedScope(['--fresh'], known)).toMatchObject({
      ok: true,
      named: { models: false, nodes: false, checks: false },
      flags: new Map([['fresh', []]]),
    });
  });

  it.each<[string[], string, string]>([
    [['hex8_9p'], 'model_unknown', 'hex8_2p'],
    [['on', 'vast-12'], 'node_unknown', 'vast-1'],
    [['on', 'n1; touch x'], 'node_set_invalid', ''],
    [['on', '$(id)'], 'node_set_invalid', ''],
    [['on', '../../etc'], 'node_set_invalid', ''],
    [['on', 'vast-3'], 'node_inactive', 'terminated'],
    [['on', 'vast-1!vast-1'], 'node_set_empty', ''],
    [['on', 'proxy-1'], 'node_set_empty', 'models folder'],
    [['--only', 'alias-link'], 'check_unknown', 'alias-links'],
    [['--only', 'zzzzzz'], 'check_unknown', 'reachable, alias-links'],
    [['--frsh'], 'usage', '--fresh'],
  ])('%j is refused as %s', (words, code, part) => {
    const asked = askedScope(words, known);
    expect(asked).toMatchObject({ ok: false, refusal: { code } });
    expect(!asked.ok && asked.refusal.text).toContain(part);
  });

  it('never throws and never names what the inventory does not know', () => {
    const word = fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.constantFrom('on', '--only', '--fresh', 'hex8_2p', 'vast-*', 'hub', '!', ','),
    );
    const names = new Set(known.nodes.map(({ name }) => name));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (words) => {
        const asked = askedScope(words, known);
        if (!asked.ok) {
          expect(asked.refusal.text).not.toBe('');
          return;
        }
        expect(asked.scope.nodes.every((name) => names.has(name))).toBe(true);
        expect(asked.scope.nodes.length).toBeGreaterThan(0);
      }),
    );
  });
});
