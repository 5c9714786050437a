import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/domain/entry.ts';
import { type Finding, type FindingCode, finding, type Severity } from '../../src/domain/finding.ts';
import { incidentOf } from '../../src/domain/incident.ts';
import { newsOf, subjectOf } from '../../src/domain/news.ts';
import { aFinding, entriesOf, looked, opened } from '../support/builders/entries.ts';
import { ALICE } from '../support/builders/plans.ts';

const news = (...events: readonly Event[]) => {
  const incident = incidentOf(entriesOf(...events));
  return incident === undefined ? undefined : newsOf(incident);
};
const ofNode = (code: FindingCode, title: string, severity: Severity = 'warning'): Finding =>
  finding({ code, node: 'vast-1', subject: 'x', severity, title, evidence: [] });
const closed: Event = { kind: 'closed', by: ALICE, reason: '', findings: [aFinding().id] };
const silent = looked([], { unknown: [{ node: 'vast-1', check: 'alias-links', reason: 'refused', detail: '' }] });

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

  it('names up to three models', () => {
    expect(subjectOf(['a', 'b', 'a'])).toBe('a and b are');
    expect(subjectOf(['a', 'b', 'c', 'd'])).toBe('4 models are');
    expect(subjectOf([])).toBe('Something is');
  });
});
