import { describe, expect, it } from 'vitest';
import { timelineLines, timelineOf, timelineRows } from '../../src/domain/timeline.ts';
import { authorized, entriesOf, opened, planned, requested, started } from '../support/builders/entries.ts';
import { aPlan, aReceipt, aResult, BOB, REQUEST } from '../support/builders/plans.ts';

const plan = aPlan();

describe('timelineOf', () => {
  it('has words for a plan from its prompt to its receipt', () => {
    const receipt = 'r-0412aa07';
    const step = { receipt, node: 'vast-1', step: 's', undo: false };
    const lines = timelineLines(
      timelineOf(
        entriesOf(
          opened({ by: 'alert:router', alert: 'MODEL_CORRUPTED' }),
          planned(plan),
          requested(plan),
          { kind: 'approved', request: REQUEST, by: BOB },
          authorized(plan),
          started(plan),
          { kind: 'step_started', ...step, title: 'set the alias' },
          { kind: 'step_ended', ...step, ok: false, detail: 'no space', ms: 1_000 },
          { kind: 'ahead_started', receipt, node: 'vast-2', step: 's', temporary: '.medic-x' },
          { kind: 'ahead_ended', receipt, node: 'vast-2', step: 's', ok: true, detail: 'by relay', ms: 1_000 },
          { kind: 'ahead_ended', receipt, node: 'vast-3', step: 's', ok: false, detail: 'relay: cut', ms: 1_000 },
          { kind: 'executed', receipt: aReceipt([aResult('vast-1')]) },
          { kind: 'held', by: BOB, until: '2026-03-01T13:00:00.000Z' },
          { kind: 'closed', by: BOB, reason: 'done', findings: [] },
        ),
      ),
    );
    const words = lines.map((line) => line.slice(21));
    expect(words[0]).toBe('alert:router opened it: MODEL_CORRUPTED');
    expect(words).toContain(`${BOB} approved`);
    expect(words).toContain('vast-1: set the alias');
    expect(words).toContain('vast-1: failed: no space after 1 s');
    expect(words).toContain('vast-2: bytes come ahead of its turn, under a temporary name');
    expect(words).toContain('vast-2: all bytes are there ahead of its turn, by relay, after 1 s');
    expect(words).toContain('vast-3: no more bytes come ahead of its turn (relay: cut) after 1 s');
    expect(words).toContain('receipt r-0412aa07: done, 1 of 1 node verified');
    expect(words).toContain(`${BOB} closed it with 0 findings left: done`);
    expect(words.every((line) => line !== '')).toBe(true);
  });

  it('lets nothing that a node or an alert says break a line or become Markdown', () => {
    const moments = timelineOf(entriesOf(opened({ text: 'a\nb\u202e | [x](http://e) `c` <b>' })));
    expect(timelineLines(moments)).toHaveLength(1);
    expect(timelineLines(moments)[0]).not.toMatch(/[\n\u202e]/);
    const row = timelineRows(moments).at(-1);
    expect(row).toContain('a b \\| \\[x\\]\\(http://e\\) \\`c\\` \\<b\\>');
  });
});
