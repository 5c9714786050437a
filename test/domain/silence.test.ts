import { describe, expect, it } from 'vitest';
import { type Silence, silenceWords, silentUntil } from '../../src/domain/silence.ts';
import { aFinding, aScope } from '../support/builders/entries.ts';
import { ALICE, NOON } from '../support/builders/plans.ts';

const nowMs = Date.parse(NOON);
const later = (minutes: number): string => new Date(nowMs + minutes * 60_000).toISOString();

function silence(but: Partial<Silence> = {}): Silence {
  return { id: 's-00000001', by: ALICE, at: NOON, until: later(60), models: [], nodes: [], reason: '', ...but };
}

const until = (silences: readonly Silence[], findings = [aFinding()], scope = aScope()) =>
  silentUntil(silences, { findings, scope }, nowMs)?.until;

describe('a silence', () => {
  it.each<[string, Partial<Silence>, boolean]>([
    ['of everything', {}, true],
    ['of the model', { models: ['hex8_2p'] }, true],
    ['of the node', { nodes: ['vast-1'] }, true],
    ['of both', { models: ['hex8_2p'], nodes: ['vast-1'] }, true],
    ['of another model', { models: ['hex8_4p'] }, false],
    ['of another node', { nodes: ['vast-2'] }, false],
    ['of the model elsewhere', { models: ['hex8_2p'], nodes: ['vast-2'] }, false],
    ['that is over', { until: later(0) }, false],
  ])('%s', (_, but, covers) => {
    expect(until([silence(but)])).toBe(covers ? later(60) : undefined);
  });

  it('covers an incident only when it covers all that is wrong, and until the first of it is told again', () => {
    const two = [aFinding('vast-1'), aFinding('vast-2')];
    expect(until([silence({ nodes: ['vast-1'] })], two)).toBeUndefined();
    const both = [silence({ nodes: ['vast-1'] }), silence({ id: 's-00000002', nodes: ['vast-2'], until: later(30) })];
    expect(until(both, two)).toBe(later(30));
    // The longer one of two that cover the same counts.
    expect(until([silence(), silence({ id: 's-00000002', until: later(90) })])).toBe(later(90));
  });

  it('goes by what was asked where no look has found anything', () => {
    expect(until([silence({ models: ['hex8_2p'] })], [])).toBe(later(60));
    expect(until([silence({ models: ['hex8_2p'] })], [], aScope({ models: ['hex8_2p', 'hex8_4p'] }))).toBeUndefined();
  });

  it('never hides what is about a node behind a silence of a model', () => {
    const { model: _, ...ofNode } = aFinding('vast-1', { code: 'disk_low' });
    expect(until([silence({ models: ['hex8_2p'] })], [ofNode])).toBeUndefined();
  });

  it('is told with what, until when, by whom and why', () => {
    expect(silenceWords(silence({ models: ['hex8_2p'], nodes: ['vast-1', 'vast-2'], reason: 'new disks' }))).toBe(
      `Nobody is told of hex8_2p on vast-[1-2] until 2026-03-01 13:00 UTC, by ${ALICE}: new disks (s-00000001).`,
    );
  });
});
