import { describe, expect, it } from 'vitest';
import { outcomeOf, type TargetOutcome } from '../../src/domain/receipt.ts';
import { receiptLines } from '../../src/domain/receipt-lines.ts';
import { outcomeWords } from '../../src/domain/wording.ts';
import { aReceipt, aResult } from '../support/builders/plans.ts';

describe('outcomeOf', () => {
  it.each<[string, TargetOutcome[], 'done' | 'partial' | 'failed']>([
    ['all verified', ['verified', 'verified'], 'done'],
    ['right already is right', ['already_right', 'verified'], 'done'],
    ['one rolled back', ['verified', 'rolled_back'], 'partial'],
    ['one skipped is not done', ['verified', 'skipped'], 'partial'],
    ['lost is never right', ['lost'], 'failed'],
    ['none', ['rolled_back', 'not_started', 'unreachable', 'stuck'], 'failed'],
  ])('%s', (_, outcomes, expected) => {
    expect(outcomeOf({ targets: outcomes.map((outcome, index) => aResult(`n${index}`, { outcome })) })).toBe(expected);
  });
});

describe('receiptLines', () => {
  it('folds equal nodes, says before and after, who asked and who approved', () => {
    expect(receiptLines(aReceipt(['vast-1', 'vast-2', 'vast-3'].map((node) => aResult(node))))).toEqual([
      'Done: 3 of 3 nodes verified · receipt r-0412aa07',
      '  vast-[1-3]: verified (ringrift_best_hex8_2p.pth: missing => ringrift_best_hex8_2p.pth: -> canonical_hex8_2p.pth)',
      expect.stringMatching(/^ {2}1\.8 s · plan [0-9a-f]{8} · asked by T0TEAM\/U0ALICE, approved by T0TEAM\/U0BOB$/),
    ]);
  });

  it.each<[TargetOutcome, string]>([
    ['rolled_back', 'Failed: 0 of 1 node verified'],
    ['lost', 'Failed: 0 of 1 node verified'],
    ['already_right', 'Done: 1 of 1 node verified'],
  ])('%s begins with “%s”', (outcome, news) => {
    const [first, second] = receiptLines(
      aReceipt([aResult('vast-1', { outcome, detail: 'the reason', before: [], after: [] })]),
    );
    expect(first).toContain(news);
    expect(second).toBe(`  vast-1: ${outcomeWords[outcome]}: the reason`);
  });

  it('says that what is there now is unknown when it could not be measured', () => {
    expect(receiptLines(aReceipt([aResult('vast-1', { outcome: 'lost', after: [] })]))[1]).toContain('=> unknown');
  });
});
