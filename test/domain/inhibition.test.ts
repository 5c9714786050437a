import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/domain/entry.ts';
import { incidentOf } from '../../src/domain/incident.ts';
import { explainedBy } from '../../src/domain/inhibition.ts';
import { aFinding, aScope, entriesOf, looked, opened } from '../support/builders/entries.ts';

function incident(id: string, ...events: readonly Event[]) {
  const begun = opened({ by: 'alert:router', alert: 'x', scope: aScope({ nodes: ['hub', 'vast-1', 'vast-2'] }) });
  const made = incidentOf(entriesOf(begun, ...events).map((entry) => ({ ...entry, incident: id })));
  if (made === undefined) throw new Error('no incident');
  return made;
}
const silent = (node: string, reason: 'refused' | 'parse' = 'refused') => ({
  unknown: [{ node, check: 'reachable', reason, detail: '' }],
});
const file = aFinding('vast-1', { code: 'model_missing', subject: 'canonical_hex8_2p.pth' });
const onHub = aFinding('hub', { code: 'format_corrupt', subject: 'canonical_hex8_2p.pth' });

describe('an incident of which another one tells', () => {
  const of = (mine: Event, theirs: Event) =>
    explainedBy(incident('i-00000001', mine), [incident('i-00000002', theirs)], 'hub');

  it.each<[string, Event, Event, boolean]>([
    ['the same finding', looked([file]), looked([file]), true],
    ['another finding', looked([file]), looked([aFinding('vast-2')]), false],
    ['one more finding', looked([file, aFinding('vast-2')]), looked([file]), false],
    ['files of a node that is down there', looked([file]), looked([], silent('vast-1')), true],
    [
      'the same node that does not answer',
      looked([], silent('vast-1')),
      looked([aFinding('vast-2')], silent('vast-1')),
      true,
    ],
    [
      'a node that was found unreachable',
      looked([], silent('vast-1')),
      looked([aFinding('vast-1', { code: 'node_unreachable' })]),
      true,
    ],
    [
      'a node that answers, but not that',
      looked([], silent('vast-1', 'parse')),
      looked([aFinding('vast-2')], silent('vast-1')),
      false,
    ],
    ['the coordinator’s file is bad', looked([file]), looked([onHub]), true],
    ['the coordinator’s file of another model is bad', looked([file]), looked([{ ...onHub, model: 'hex8_4p' }]), false],
    ['an alias is wrong on the coordinator', looked([file]), looked([aFinding('hub')]), false],
    ['the coordinator is down', looked([file]), looked([aFinding('vast-2')], silent('hub')), true],
    [
      'the coordinator is down and an alias is wrong',
      looked([aFinding('vast-1')]),
      looked([aFinding('vast-2')], silent('hub')),
      false,
    ],
    ['nothing is wrong', looked(), looked([file]), false],
  ])('%s', (_, mine, theirs, wanted) => {
    expect(of(mine, theirs)).toBe(wanted ? 'i-00000002' : undefined);
  });

  it('may be told in parts by several', () => {
    const mine = incident('i-00000001', looked([file], silent('vast-2')));
    const others = [incident('i-00000002', looked([file])), incident('i-00000003', looked([onHub], silent('vast-2')))];
    expect(explainedBy(mine, others, 'hub')).toBe('i-00000002');
    expect(explainedBy(mine, others.slice(0, 1), 'hub')).toBeUndefined();
  });

  it.each<[string, Event]>([
    ['over', { kind: 'closed', by: 'T0/U1', reason: '', findings: [file.id] }],
    ['waiting for another one', { kind: 'waits', quietUntil: '2026-03-01T13:00:00.000Z', after: 'i-00000009' }],
  ])('is not hidden by one that is %s', (_, event) => {
    const mine = incident('i-00000001', looked([file]));
    expect(explainedBy(mine, [incident('i-00000002', looked([file]), event), mine], 'hub')).toBeUndefined();
  });

  it('is not hidden by one of which nobody was told', () => {
    const quiet = opened({ alert: 'x', quietUntil: '2026-03-01T13:00:00.000Z' });
    const other = incidentOf(entriesOf(quiet, looked([file])));
    expect(
      explainedBy(incident('i-00000002', looked([file])), other === undefined ? [] : [other], 'hub'),
    ).toBeUndefined();
  });
});
