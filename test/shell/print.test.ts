import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Event } from '../../src/domain/entry.ts';
import { receiptLines } from '../../src/domain/receipt-lines.ts';
import { receiptJson, runLines, runOf } from '../../src/domain/receipt-run.ts';
import { lookAnswer, planAnswer, receiptAnswer, wholeIncident } from '../../src/shell/answer.ts';
import { printed, printedJson, visible } from '../../src/shell/print.ts';
import { createProgress } from '../../src/shell/progress.ts';
import {
  aFinding,
  authorized,
  entriesOf,
  looked,
  opened,
  planned,
  requested,
  started,
} from '../support/builders/entries.ts';
import { aPlan, aReceipt, aResult, REQUEST } from '../support/builders/plans.ts';

const ESC = '\u001b';
/** What a node can print that a terminal obeys. */
const sequences = [
  // CSI: colours, cursor, clearing, and what it is with eight bits.
  `${ESC}[31m`,
  `${ESC}[2J`,
  `${ESC}[1A${ESC}[2K`,
  '\u009b1A\u009b2K',
  // OSC: a link, a title, the clipboard; ended by BEL, ST and its eight bits.
  `${ESC}]8;;https://evil.example${ESC}\\click${ESC}]8;;${ESC}\\`,
  `${ESC}]0;root@node\u0007`,
  `\u009d52;c;cm0gLXJm\u009c`,
  // DCS, APC, PM, SOS, and single characters of C1.
  `${ESC}P$q"p${ESC}\\`,
  '\u0090x\u009c',
  `${ESC}_x${ESC}\\`,
  '\u0085',
  '\u008d',
  `${ESC}c`,
  // What overwrites a line, and what makes one more.
  'all is wrong\r✓ all is right',
  '\b\b\b\b\b',
  '\u007f',
  '\n✓ all is right\n',
  '\u000b\u000c',
  '\u2028\u2029',
  // What turns text round or hides it.
  '\u202eright si lla',
  '\u2066\u2069\u200f\u061c',
  '\u200b\ufeff\u00ad',
  '\ud800',
  '\u{e0041}\u{e007f}',
  '\0',
];
const hostile = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }),
  fc
    .array(fc.oneof(fc.constantFrom(...sequences), fc.constantFrom('canonical', ' ', '"', '\\', '%s', '😀')), {
      minLength: 1,
      maxLength: 8,
    })
    .map((parts) => parts.join('').slice(0, 200)),
);
/** Everything but what ends our own lines that a terminal would obey or hide. */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

it('nothing that a node says is obeyed by a terminal, in whatever answer it stands', () => {
  fc.assert(
    fc.property(hostile, (said) => {
      const plan = aPlan(['vast-1'], { summary: said });
      const result = aResult('vast-1', {
        outcome: 'lost',
        detail: said,
        before: [said],
        after: [`x: ${said}`],
        how: [said],
      });
      const receipt = aReceipt([result, aResult('vast-2', { how: [said] })], { note: said });
      const step = { receipt: receipt.id, node: 'vast-1', step: 'send', undo: false } as const;
      const events: Event[] = [
        opened(),
        looked([aFinding('vast-1', { title: said, subject: said, evidence: [said] })], {
          unknown: [{ node: 'vast-2', check: 'reachable', reason: 'parse', detail: said }],
          notes: [said],
        }),
        planned(plan),
        requested(plan),
        authorized(plan),
        started(plan),
        { kind: 'step_started', ...step, title: said },
        { kind: 'step_ended', ...step, ok: false, detail: said, ms: 1 },
        { kind: 'executed', receipt },
      ];
      const entries = entriesOf(...events);
      const incident = wholeIncident(entries);
      const run = runOf(entries, receipt.id);
      const answers = [
        lookAnswer(incident, 'findings'),
        lookAnswer(incident, 'matrix'),
        planAnswer(wholeIncident(entries.slice(0, 4))),
        receiptAnswer(incident, REQUEST),
        { lines: [...receiptLines(receipt), ...runLines(receipt, run)], json: receiptJson(receipt, { run }), exit: 0 },
      ];
      for (const answer of answers) {
        const text = printed('x', answer, false);
        expect(text.slice(0, -1).replaceAll('\n', '')).not.toMatch(unseen);
        // Nobody but us begins a line.
        expect(text.split('\n')).toHaveLength(answer.lines.length + 1);
        const json = printed('x', answer, true);
        expect(json.slice(0, -1)).not.toMatch(unseen);
        expect(JSON.parse(json)).toEqual(
          JSON.parse(JSON.stringify({ command: 'x', ok: answer.exit === 0, ...answer.json })),
        );
      }
    }),
    { numRuns: 150 },
  );
});

it('nor in what is shown while it runs', () => {
  const [entry] = entriesOf({
    kind: 'step_started',
    receipt: 'r-0412aa07',
    node: 'vast-1',
    step: 'a',
    undo: false,
    title: sequences.join(''),
  });
  const written: string[] = [];
  // Of a terminal nothing else is asked.
  const terminal = { isTTY: true, write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream;
  if (entry !== undefined) createProgress(terminal).show(entry);
  expect(written).toHaveLength(1);
  expect(written[0]?.replace('\r\u001b[K', '')).not.toMatch(unseen);
});

it('shows what it was, so that a person sees that somebody tried', () => {
  expect(visible(`a${ESC}[2Jb\u202e`)).toBe('a\\u{1b}[2Jb\\u{202e}');
  expect(printedJson({ a: '\u009b\u{e0041}' })).toBe('{"a":"\\u009b\\udb40\\udc41"}\n');
});
