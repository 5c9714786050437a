import { describe, expect, it } from 'vitest';
import { hashPlan } from '../../src/domain/plan.ts';
import { planInFull, planLines } from '../../src/domain/plan-lines.ts';
import { aPlan, aRunStep, aTarget, aTransfer, nodeNames } from '../support/builders/plans.ts';

describe('planLines', () => {
  it('tells hash, risk, reach, bytes and time, then what is done where, equal nodes folded', () => {
    const plan = aPlan(nodeNames(3));
    expect(planLines(plan)).toEqual([
      `plan ${hashPlan(plan).slice(0, 8)} · reversible · 3 nodes · no bytes moved · about 2 s`,
      '  set aliases to their canonical files',
      '  vast-[1-3]: set ringrift_best_hex8_2p.pth -> canonical_hex8_2p.pth',
    ]);
  });

  it('tells the bytes that move, and gives an odd node its own line', () => {
    const targets = [
      aTarget('vast-1', { steps: [aTransfer(), aRunStep()] }),
      aTarget('vast-2', { steps: [aTransfer()] }),
    ];
    const lines = planLines(aPlan([], { targets, risk: 'replaces-weights' }));
    expect(lines[0]).toContain(
      'replaces weights · can be taken back · 2 nodes · 80 MB moved, at most 40 MB to one disk',
    );
    const two = [aTarget('vast-1', { steps: [aTransfer(), { ...aTransfer(), id: 'step-9' }] })];
    expect(planLines(aPlan([], { targets: two }))[0]).toContain(
      'at most 80 MB to one disk, one file of at most 40 MB at a time',
    );
    expect(lines.slice(2)).toEqual([
      '  vast-1: bring canonical_hex8_2p.pth (40 MB), then set ringrift_best_hex8_2p.pth -> canonical_hex8_2p.pth',
      '  vast-2: bring canonical_hex8_2p.pth (40 MB)',
    ]);
  });

  it('does not promise a way back where a step has none', () => {
    const targets = [aTarget('vast-1', { steps: [aRunStep({ undo: { kind: 'none', because: 'x' } })] })];
    expect(planLines(aPlan([], { targets, risk: 'disruptive' }))[0]).not.toContain('taken back');
  });
});

it('planInFull shows every step as it will run with its way back', () => {
  const steps = [aTransfer({ undo: { kind: 'none', because: 'there was nothing before' } }), aRunStep()];
  const plan = aPlan([], { targets: [aTarget('vast-1', { steps })] });
  const text = planInFull(plan).join('\n');
  expect(text).toContain(
    `hash ${hashPlan(plan)} · cluster ringrift · batches 1, 100% · stops after 1 failure · verified by alias-links`,
  );
  expect(text).toContain('runs  canonical_hex8_2p.pth bbbbbbbbbbbb… from mac-studio by rsync, then stream');
  expect(text).toContain('undo  none: there was nothing before');
  expect(text).toContain('runs  set-alias ringrift_best_hex8_2p.pth canonical_hex8_2p.pth {receipt}');
  expect(text).toContain('undo  unset-alias ringrift_best_hex8_2p.pth {receipt}');
});
