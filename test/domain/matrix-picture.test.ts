import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matrixSvg } from '../../src/domain/matrix-picture.ts';
import { aFinding, aScope } from '../support/builders/entries.ts';

const about = { cluster: 'ringrift', at: '2026-03-01T12:00:00.000Z' };
const nothing = { findings: [], unknown: [], notes: [] };
const names = (count: number, name: string) => Array.from({ length: count }, (_, index) => `${name}${index + 1}`);

describe('matrixSvg', () => {
  it('shows every model, the folded nodes, a sign in every cell, and when it was seen', () => {
    const scope = aScope({ models: ['hex8_2p', 'hex8_3p'], nodes: ['vast-1', 'vast-2', 'hub'] });
    const unknown = [{ node: 'hub', check: 'reachable', reason: 'refused' as const, detail: 'x' }];
    const svg = matrixSvg(
      { scope, report: { ...nothing, findings: [aFinding('vast-1'), aFinding('vast-2')], unknown } },
      about,
    );
    const words = [
      'hex8_2p',
      'hex8_3p',
      'vast-[1-2] (2)',
      'hub',
      'seen 2026-03-01 12:00 UTC',
      'ringrift: 2 models on 3 nodes',
    ];
    for (const word of words) expect(svg).toContain(`>${word}<`);
    const signs = [...svg.matchAll(/>([✓✗?])</g)].map(([, sign]) => sign);
    // Two rows of two, and the legend.
    expect(signs).toEqual(['✗', '✓', '?', '?', '✓', '✗', '?']);
  });

  it('keeps everything inside, and letters large enough for a phone', () => {
    const models = names(12, 'hexagonal_of_some_length_');
    const nodes = names(60, 'a-node-with-a-very-long-name-indeed-');
    const findings = nodes.flatMap((node, index) =>
      models.slice(0, index % 13).map((model) => ({ ...aFinding(node), model })),
    );
    const svg = matrixSvg({ scope: aScope({ models, nodes }), report: { ...nothing, findings } }, about);
    const [, width = 0, height = 0] = (/width="(\d+)" height="(\d+)"/.exec(svg) ?? []).map(Number);
    for (const [, x, y] of svg.matchAll(/<(?:text|rect) x="([\d.-]+)" y="([\d.-]+)"/g)) {
      expect(Number(x)).toBeGreaterThanOrEqual(0);
      expect(Number(x)).toBeLessThan(width);
      expect(Number(y)).toBeLessThan(height);
    }
    for (const [, size] of svg.matchAll(/font-size="(\d+)"/g)) expect(Number(size)).toBeGreaterThanOrEqual(24);
    expect(svg.length).toBeLessThan(200_000);
  });

  it('takes no name for markup', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (name) => {
        const svg = matrixSvg({ scope: aScope({ models: ['hex8_2p'], nodes: [name] }), report: nothing }, about);
        const plain = matrixSvg({ scope: aScope({ models: ['hex8_2p'], nodes: ['x'] }), report: nothing }, about);
        const tags = (text: string) => (text.match(/<[a-z/]+/g) ?? []).join();
        expect(tags(svg)).toBe(tags(plain));
        // Nothing is left that XML does not allow.
        expect(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/u.test(svg)).toBe(false);
      }),
    );
  });
});
