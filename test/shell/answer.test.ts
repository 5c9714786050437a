import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/domain/entry.ts';
import { hashPlan } from '../../src/domain/plan.ts';
import type { TargetOutcome } from '../../src/domain/receipt.ts';
import { lookAnswer, planAnswer, receiptAnswer, wholeIncident } from '../../src/shell/answer.ts';
import {
  aFinding,
  authorized,
  entriesOf,
  INCIDENT,
  looked,
  opened,
  planned,
  requested,
  started,
} from '../support/builders/entries.ts';
import { ALICE, aPlan, aReceipt, aResult, BOB, REQUEST } from '../support/builders/plans.ts';

const silent = { node: 'vast-1', check: 'reachable', reason: 'refused', detail: 'ssh connection refused' } as const;
const incident = (...events: Event[]) => wholeIncident(entriesOf(opened(), ...events));

describe('the answer to check', () => {
  it.each<[string, Event, number, string]>([
    ['all is right', looked(), 0, '✓ hex8_2p is right on 1 node (0.4 s)'],
    ['something is found', looked([aFinding()]), 1, '✗ hex8_2p is wrong on 1 of 1 node (0.4 s)'],
    ['nobody knows', looked([], { unknown: [silent] }), 4, '? nothing is known: the node does not tell (0.4 s)'],
    [
      'something is found and something unknown',
      looked([aFinding('vast-2')], { unknown: [silent] }),
      1,
      '✗ hex8_2p is wrong on 1 of 1 node (0.4 s)',
    ],
  ])('when %s', (_, look, exit, news) => {
    const answer = lookAnswer(incident(look), 'findings');
    expect([answer.exit, answer.lines[0]]).toEqual([exit, news]);
  });

  it('names node, code and words, says that unknown is not missing, and what to type next', () => {
    const { lines, json } = lookAnswer(
      incident(looked([aFinding('vast-1'), aFinding('vast-2')], { unknown: [{ ...silent, node: 'vast-3' }] })),
      'findings',
    );
    expect(lines.join('\n')).toMatch(/vast-\[1-2\] +alias_missing +ringrift_best_hex8_2p\.pth is missing/);
    expect(lines.join('\n')).toMatch(/\? vast-3 +refused: ssh connection refused; not counted as missing/);
    expect(json).toMatchObject({
      findings: [
        {
          code: 'alias_missing',
          node: 'vast-1',
          model: 'hex8_2p',
          subject: 'ringrift_best_hex8_2p.pth',
          severity: 'critical',
        },
        {},
      ],
      unknown: [{ node: 'vast-3', reason: 'refused', detail: 'ssh connection refused' }],
    });
  });

  it.each([
    ['check', 'fix'],
    ['status', 'fix'],
    ['check --fresh', 'fix'],
    ['check hex8_2p hex8_3p', 'fix hex8_2p hex8_3p'],
    ['check hex8_2p on @gpu,vast-1 --only alias-links --fresh', 'fix hex8_2p on @gpu,vast-1'],
    ['check --only=alias-links,reachable hex8_2p', 'fix hex8_2p'],
    ['check on vast-*!vast-3', `fix ${INCIDENT}`],
    ['check on n[1-8]', `fix ${INCIDENT}`],
    [`check ${'hex8_2p '.repeat(60)}`, `fix ${INCIDENT}`],
  ])('after “%s” it names what repairs just that: %s', (text, next) => {
    const told = wholeIncident(entriesOf(opened({ text }), looked([aFinding()])));
    expect(lookAnswer(told, 'findings').lines.at(-1)).toBe(`  next: npx medic ${next}`);
  });

  it('is our fault when the look could not be made', () => {
    expect(lookAnswer(incident({ kind: 'check_failed', detail: 'the inventory differs' }), 'findings')).toMatchObject({
      exit: 70,
      json: { error: 'the inventory differs' },
    });
  });

  it('is a matrix for status', () => {
    expect(lookAnswer(incident(looked([aFinding()])), 'matrix').lines.join('\n')).toContain(
      '✓ right · ✗ wrong · ? unknown',
    );
  });
});

describe('the answer to fix', () => {
  it('tells the plans, that nothing was changed, and how to run them', () => {
    const plan = aPlan();
    const { lines, json, exit } = planAnswer(incident(looked([aFinding()]), planned(plan)));
    expect(exit).toBe(0);
    expect(lines[0]).toBe('1 plan · nothing has been changed');
    expect(lines.at(-1)).toBe(`  to run it: npx medic approve ${hashPlan(plan).slice(0, 8)}`);
    expect(json).toMatchObject({
      plans: [{ hash: hashPlan(plan), risk: 'reversible', targets: [{ node: 'vast-1' }] }],
    });
  });

  const refusal: Event = {
    kind: 'planned',
    by: ALICE,
    plans: [],
    refusals: [{ code: 'mount_suspect', text: 'The disk may not be mounted.', nodes: ['vast-1'] }],
  };
  it.each<[string, Event[], number, string]>([
    ['nothing to do', [looked(), planned()], 0, 'nothing to do'],
    ['nothing to do where nodes answer', [looked([], { unknown: [silent] }), planned()], 4, '1 node is unknown'],
    ['refused for safety', [looked([aFinding()]), refusal], 3, 'nothing can be planned'],
    ['it could not be planned', [{ kind: 'plan_failed', detail: 'no' }], 70, 'no'],
  ])('%s', (_, events, exit, news) => {
    const answer = planAnswer(incident(...events));
    expect(answer.exit).toBe(exit);
    expect(answer.lines[0]).toContain(news);
  });

  it('gives the refusal’s reason and code', () => {
    const { lines, json } = planAnswer(incident(looked([aFinding()]), refusal));
    expect(lines).toContain('! vast-1: The disk may not be mounted.');
    expect(json).toMatchObject({ refusals: [{ code: 'mount_suspect' }] });
  });
});

describe('the answer to approve', () => {
  const plan = aPlan(['vast-1', 'vast-2']);
  const running = [planned(plan), requested(plan), authorized(plan), started(plan)];
  it.each<[TargetOutcome, TargetOutcome, number]>([
    ['verified', 'already_right', 0],
    ['verified', 'rolled_back', 6],
    ['lost', 'not_started', 1],
  ])('%s and %s end with %i', (first, second, exit) => {
    const receipt = aReceipt([aResult('vast-1', { outcome: first }), aResult('vast-2', { outcome: second })]);
    const answer = receiptAnswer(incident(...running, { kind: 'executed', receipt }), REQUEST);
    expect(answer.exit).toBe(exit);
    expect(answer.json).toMatchObject({
      receipt: { id: receipt.id, targets: [{ node: 'vast-1', outcome: first }, {}] },
    });
  });

  it('is 5 with the reason when nothing ran', () => {
    const rejected: Event = { kind: 'rejected', request: REQUEST, by: BOB, reason: 'disk swap' };
    const answer = receiptAnswer(incident(planned(plan), requested(plan), rejected), REQUEST);
    expect([answer.exit, answer.lines[0]]).toEqual([5, '✗ nothing was run: disk swap']);
  });
});
