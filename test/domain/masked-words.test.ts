import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Event } from '../../src/domain/entry.ts';
import { withMaskedWords } from '../../src/domain/masked-words.ts';
import { Order } from '../../src/domain/standing.ts';
import { aFinding, authorized, looked, opened, planned } from '../support/builders/entries.ts';
import { ALICE, aPlan, aReceipt, aResult, NOON, REQUEST } from '../support/builders/plans.ts';

const octet = fc.integer({ min: 0, max: 255 });
const address = fc.tuple(octet, octet, octet, octet).map((parts) => parts.join('.'));
const secret = fc.oneof(
  address,
  fc.constantFrom('xoxb-1234-abcd', 'ghp_0123456789abcdefABCD', '/home/a/.ssh/id_ed25519', 'AKIA0123456789ABCDEF'),
);
const around = fc.constantFrom('', ' ', 'rsync to ', ': ', '\n', 'x '.repeat(40), 'é日😀 ');
const words = fc.tuple(around, secret, around).map((parts) => parts.join(' '));

/** One of each kind of event that holds words of people, nodes or programs. */
const eventsWith = (text: string): readonly Event[] => [
  opened({ text, alert: text, notice: [text] }),
  { kind: 'asked', by: ALICE, text },
  { kind: 'check_failed', detail: text },
  { kind: 'plan_failed', detail: text },
  { kind: 'rejected', request: REQUEST, by: ALICE, reason: text },
  { kind: 'approved', request: REQUEST, by: ALICE, breakGlass: text },
  { kind: 'stale', request: REQUEST, because: text },
  { kind: 'refused', by: ALICE, code: 'denied', text },
  { kind: 'closed', by: ALICE, reason: text, findings: [] },
  { kind: 'set_aside', entry: '1-0', why: 'unsigned', says: text },
  looked([aFinding('vast-1', { title: text, evidence: [text] })], {
    unknown: [{ node: 'vast-1', check: 'model-files', reason: 'refused', detail: text }],
    notes: [text],
    hypotheses: [{ verdict: 'unknown', words: text, evidence: [text] }],
  }),
  {
    kind: 'executed',
    receipt: aReceipt([{ ...aResult('vast-1'), detail: text, before: [text], after: [text], how: [text] }], {
      note: text,
    }),
  },
];

describe('what is stored', () => {
  it('holds no secret in any word, is still an event, and is not masked further by a second pass', () => {
    fc.assert(
      fc.property(words, secret, (text, kept) => {
        for (const event of eventsWith(`${text} ${kept}`)) {
          const stored = withMaskedWords(event);
          expect(Event.safeParse(stored).success).toBe(true);
          expect(JSON.stringify(stored)).not.toContain(JSON.stringify(kept).slice(1, -1));
          expect(withMaskedWords(stored)).toEqual(stored);
        }
      }),
      { numRuns: 60 },
    );
  });

  it.each([300, 500, 2_000])('stays as long as a field of %i may be', (length) => {
    const text = 'a@b '.repeat(length / 4);
    const event: Event = length === 300 ? { kind: 'retold', text } : { kind: 'asked', by: ALICE, text };
    expect(Event.safeParse(withMaskedWords(event)).success).toBe(true);
  });

  it('is what it was where a hash or a signature covers it, and in every name', () => {
    const plan = aPlan(undefined, { summary: 'from 10.0.0.12 as root@vast-1' });
    for (const event of [planned(plan), authorized(plan)]) expect(withMaskedWords(event)).toEqual(event);
    const by = 'cli:root@10.0.0.12';
    expect(withMaskedWords(opened({ by }))).toMatchObject({ by });
  });

  it('leaves medic’s own advice readable', () => {
    const self = [
      { verdict: 'unknown' as const, what: 'no Slack token here', remedy: 'set the token where the bot runs' },
    ];
    expect(withMaskedWords(looked([], { self }))).toEqual(looked([], { self }));
  });

  it('is so for orders too', () => {
    const lock = { kind: 'locked', by: ALICE, at: NOON, id: 'l-00000001', models: [] } as const;
    const stored = withMaskedWords({ ...lock, nodes: ['vast-1'], reason: 'root@10.0.0.12 is mine' });
    expect(Order.parse(stored)).toMatchObject({ reason: '[user]@[address] is mine', nodes: ['vast-1'] });
  });
});
