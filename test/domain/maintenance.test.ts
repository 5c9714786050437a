import { describe, expect, it } from 'vitest';
import { Maintenance, windowsAt } from '../../src/domain/maintenance.ts';
import { aNode } from '../support/nodes.ts';

const nodes = [aNode('vast-1'), aNode('vast-2'), aNode('n7')];
const at = (text: string): number => Date.parse(text);
const open = (window: object, now: string) => windowsAt([Maintenance.parse(window)], nodes, at(now));

describe('a maintenance window', () => {
  // 2026-03-01 is a Sunday.
  it.each<[string, string, boolean]>([
    ['sun 02:00-04:00', '2026-03-01T02:00:00Z', true],
    ['sun 02:00-04:00', '2026-03-01T03:59:59Z', true],
    ['sun 02:00-04:00', '2026-03-01T04:00:00Z', false],
    ['sun 02:00-04:00', '2026-03-02T03:00:00Z', false],
    ['02:00-04:00', '2026-03-02T03:00:00Z', true],
    ['sat 22:00-02:00', '2026-03-01T01:00:00Z', true],
    ['sun 22:00-02:00', '2026-03-01T01:00:00Z', false],
    ['mon-fri 22:00-01:00', '2026-03-07T00:30:00Z', true],
    ['mon-fri 22:00-01:00', '2026-03-08T00:30:00Z', false],
    ['fri-mon 10:00-11:00', '2026-03-01T10:30:00Z', true],
    ['fri-mon 10:00-11:00', '2026-03-04T10:30:00Z', false],
  ])('%s at %s: %s', (weekly, now, wanted) => {
    expect(open({ nodes: '@all', weekly }, now)).toHaveLength(wanted ? 1 : 0);
  });

  it('is a silence of its nodes and models until its end, the same one each time it is asked', () => {
    const window = { nodes: 'vast-*', models: ['hex8_2p'], weekly: 'sun 02:00-04:00', reason: 'their disks' };
    const [first] = open(window, '2026-03-01T02:10:00Z');
    expect(first).toMatchObject({
      by: 'alert:maintenance',
      until: '2026-03-01T04:00:00.000Z',
      nodes: ['vast-1', 'vast-2'],
      models: ['hex8_2p'],
      reason: 'their disks',
    });
    expect(open(window, '2026-03-01T03:00:00Z')[0]?.id).toBe(first?.id);
    expect(open(window, '2026-03-08T03:00:00Z')[0]?.id).not.toBe(first?.id);
  });

  it('may be once', () => {
    const window = { models: ['hex8_2p'], from: '2026-03-01T22:00:00Z', to: '2026-03-02T02:00:00Z' };
    expect(open(window, '2026-03-02T01:59:00Z')).toMatchObject([{ nodes: [], until: '2026-03-02T02:00:00.000Z' }]);
    expect(open(window, '2026-03-02T02:00:00Z')).toEqual([]);
  });

  it('of nodes that are not there any more covers nothing, never everything', () => {
    expect(open({ nodes: 'lambda-*', weekly: '00:00-23:59' }, '2026-03-01T12:00:00Z')).toEqual([]);
  });

  it.each([
    [{ weekly: 'sun 02:00-04:00' }, /neither nodes nor models/],
    [{ nodes: 'n7' }, /by weekly alone, or by from and to/],
    [{ nodes: 'n7', weekly: 'sun 02:00-04:00', from: '2026-03-01T22:00:00Z' }, /by weekly alone/],
    [{ nodes: 'n7', from: '2026-03-01T22:00:00Z' }, /by from and to/],
    [{ nodes: 'n7', from: '2026-03-02T22:00:00Z', to: '2026-03-01T22:00:00Z' }, /ends before it begins/],
    [{ nodes: 'n7', weekly: 'someday 02:00-04:00' }, /must be days and a time/],
    [{ nodes: 'n7', weekly: '25:00-26:00' }, /must be days and a time/],
    [{ nodes: 'n7', from: 'tomorrow', to: '2026-03-01T22:00:00Z' }, /must be a time in UTC/],
  ])('%j is refused', (window, words) => {
    expect(
      Maintenance.safeParse(window)
        .error?.issues.map(({ message }) => message)
        .join(),
    ).toMatch(words);
  });
});
