import { describe, expect, it } from 'vitest';
import { verdictLines, verdictsOf } from '../../src/domain/verdicts.ts';
import { aFinding } from '../support/builders/entries.ts';

const look = {
  scope: { models: ['hex8_2p', 'hex8_3p'], nodes: ['vast-1', 'vast-22'], checks: ['model-format'] },
  report: {
    findings: [aFinding('vast-1', { code: 'format_corrupt', title: 'x.pth: damaged' })],
    unknown: [{ node: 'vast-22', check: 'reachable', reason: 'timeout' as const, detail: 'no answer' }],
    notes: [],
  },
  expected: { hex8_2p: { digest: 'a'.repeat(64), since: '2026-01-01T00:00:00.000Z', provisional: false } },
};

describe('verdicts', () => {
  it('are one a node and model, never right where nobody knows', () => {
    expect(verdictsOf(look).map(({ node, model, verdict }) => `${node} ${model} ${verdict}`)).toEqual([
      'vast-1 hex8_2p wrong',
      'vast-1 hex8_3p right',
      'vast-22 hex8_2p unknown',
      'vast-22 hex8_3p unknown',
    ]);
  });

  it('say what is wrong, and of a model that nobody distributes just that', () => {
    const [wrong = '', right = '', silent = ''] = verdictLines(look);
    expect(wrong).toBe('✗ vast-1   hex8_2p  format_corrupt: x.pth: damaged');
    expect(right).toContain('not distributed');
    expect(silent).toContain('unknown (timeout: no answer)');
    const clear = verdictLines({ ...look, report: { findings: [], unknown: [], notes: [] } });
    expect(clear[0]).toContain('sound inside');
  });
});
