import { expect, it } from 'vitest';
import type { Event } from '../../src/domain/entry.ts';
import { receiptJson, runLines, runOf } from '../../src/domain/receipt-run.ts';
import { entriesOf, opened, started } from '../support/builders/entries.ts';
import { aPlan, aReceipt, aResult } from '../support/builders/plans.ts';

const receipt = 'r-0412aa07';
const begun = (node: string, step: string, but: { undo?: boolean; receipt?: string } = {}): Event => ({
  kind: 'step_started',
  receipt,
  node,
  step,
  title: `do ${step}`,
  undo: false,
  ...but,
});
const ended = (node: string, step: string, ok: boolean, but: { undo?: boolean; detail?: string } = {}): Event => ({
  kind: 'step_ended',
  receipt,
  node,
  step,
  undo: false,
  ok,
  detail: '',
  ms: 900,
  ...but,
});

const entries = entriesOf(
  opened(),
  started(aPlan()),
  begun('vast-1', 'send'),
  begun('vast-9', 'send', { receipt: 'r-ffffffff' }),
  ended('vast-1', 'send', true, { detail: 'by stream; left rsync: no_tool (no rsync)' }),
  begun('vast-1', 'link'),
  ended('vast-1', 'link', false, { detail: 'the node is not as the plan saw it' }),
  begun('vast-1', 'send', { undo: true }),
  ended('vast-1', 'send', true, { undo: true }),
  { kind: 'target_ended', receipt, result: aResult('vast-1', { outcome: 'rolled_back', ms: 7_000 }) },
  begun('vast-2', 'send'),
);
const whole = aReceipt([aResult('vast-1', { outcome: 'rolled_back' }), aResult('vast-2', { outcome: 'lost' })]);

it('tells every step of each node with its times, what was taken back, and what nobody saw end', () => {
  expect(runLines(whole, runOf(entries, receipt))).toEqual([
    '  vast-1  2026-03-01 12:00:02 to 12:00:09 UTC',
    '    12:00:02  do send · done after 0.9 s: by stream; left rsync: no_tool (no rsync)',
    '    12:00:05  do link · failed after 0.9 s: the node is not as the plan saw it',
    '    12:00:07  taking back: do send · done after 0.9 s',
    '  vast-2  2026-03-01 12:00:10 UTC; its end was not seen',
    '    12:00:10  do send · nobody saw how it ended',
  ]);
});

it('is in the JSON of a receipt, node by node, with the mark of the trail', () => {
  const mark = { count: 7, head: 'ab'.repeat(32) };
  const json = receiptJson(whole, { run: runOf(entries, receipt), sealed: mark });
  expect(json).toMatchObject({
    id: receipt,
    outcome: 'failed',
    approvers: whole.approvers,
    trail: mark,
    targets: [
      {
        node: 'vast-1',
        startedAt: '2026-03-01T12:00:02.000Z',
        endedAt: '2026-03-01T12:00:09.000Z',
        steps: [
          {
            step: 'send',
            ok: true,
            startedAt: '2026-03-01T12:00:02.000Z',
            endedAt: '2026-03-01T12:00:04.000Z',
            ms: 900,
          },
          { step: 'link', ok: false },
          { step: 'send', undo: true, ok: true },
        ],
      },
      { node: 'vast-2', startedAt: '2026-03-01T12:00:10.000Z', steps: [{ step: 'send' }] },
    ],
  });
  expect(receiptJson(whole)).not.toHaveProperty('trail');
});
