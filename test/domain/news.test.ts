import { describe, expect, it } from 'vitest';
import type { Event, Scope } from '../../src/domain/entry.ts';
import { type Finding, type FindingCode, finding, type Severity } from '../../src/domain/finding.ts';
import { incidentOf } from '../../src/domain/incident.ts';
import { newsOf, subjectOf } from '../../src/domain/news.ts';
import { aFinding, aScope, entriesOf, looked, opened } from '../support/builders/entries.ts';
import { ALICE } from '../support/builders/plans.ts';

const news = (...events: readonly Event[]) => {
  const incident = incidentOf(entriesOf(...events));
  return incident === undefined ? undefined : newsOf(incident);
};
const ofNode = (code: FindingCode, title: string, severity: Severity = 'warning'): Finding =>
  finding({ code, node: 'vast-1', subject: 'x', severity, title, evidence: [] });
const closed: Event = { kind: 'closed', by: ALICE, reason: '', findings: [aFinding().id] };
const silent = looked([], { unknown: [{ node: 'vast-1', check: 'alias-links', reason: 'refused', detail: '' }] });

const lookedAt = (scope: Scope, event: Event): Event => (event.kind === 'checked' ? { ...event, scope } : event);

describe('newsOf', () => {
  it.each([
    ['⚪ Looking at hex8_2p on 1 node …', [opened()]],
    ['🔴 hex8_2p is wrong on 1 of 1 node', [opened(), looked([aFinding()])]],
    ['⚪ hex8_2p is wrong on 1 of 1 node', [opened(), looked([aFinding()]), closed]],
    ['🟢 hex8_2p is right on 1 node', [opened(), looked()]],
    [
      '🟡 vast-1: its clock is 1 h behind on 1 of 1 node',
      [opened(), looked([ofNode('clock_skewed', 'its clock is 1 h behind')])],
    ],
    [
      '🔴 vast-1: the disk is full and 1 other finding on 1 of 1 node',
      [opened(), looked([ofNode('clock_skewed', 'late'), ofNode('disk_low', 'the disk is full', 'critical')])],
    ],
    ['🔴 hex8_2p is wrong on 1 of 1 node', [opened(), looked([aFinding(), ofNode('disk_low', 'full')])]],
    ['⚪ Nothing is known of hex8_2p: the node does not tell', [opened(), silent]],
  ])('%s', (words, events) => expect(news(...events)).toBe(words));

  it.each([
    [['model-present', 'model-play'], '⚪ No process was seen that plays an old file of hex8_2p on 1 node'],
    [['reachable', 'model-copies'], '⚪ Copies of hex8_2p were asked for on 1 node'],
    [['reachable', 'model-digest', 'model-play'], '🟢 hex8_2p is right on 1 node'],
  ])('calls nothing right that %j did not judge', (checks, words) => {
    const scope = aScope({ checks });
    expect(news(opened({ scope }), lookedAt(scope, looked()))).toBe(words);
  });

  it('says of whom nothing is known where only one side was asked for', () => {
    const scope = aScope({ checks: ['model-present', 'model-play'] });
    expect(news(opened({ scope }), lookedAt(scope, silent))).toBe(
      '⚪ No process was seen that plays an old file of hex8_2p on 0 nodes of 1; 1 node is unknown',
    );
  });

  it('names up to three models', () => {
    expect(subjectOf(['a', 'b', 'a'])).toBe('a and b are');
    expect(subjectOf(['a', 'b', 'c', 'd'])).toBe('4 models are');
    expect(subjectOf([])).toBe('Something is');
  });
});
