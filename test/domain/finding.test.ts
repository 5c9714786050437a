import { describe, expect, it } from 'vitest';
import { stateToken } from '../../src/domain/entry-state.ts';
import { finding, verdictOf } from '../../src/domain/finding.ts';
import { aFinding } from '../support/builders/entries.ts';

describe('a finding', () => {
  it('keeps its id when only the words about it change: same fault, same fingerprint', () => {
    expect(aFinding('vast-1', { title: 'other words', evidence: ['seen'], severity: 'info' }).id).toBe(aFinding().id);
    expect(aFinding().id).toMatch(/^f-[0-9a-f]{8}$/);
  });

  it.each([
    ['node', aFinding('vast-2')],
    ['code', aFinding('vast-1', { code: 'alias_dangling' })],
    ['model', aFinding('vast-1', { model: 'hex8_3p' })],
    ['subject', aFinding('vast-1', { subject: 'other.pth' })],
  ])('has another id for another %s', (_, other) => expect(other.id).not.toBe(aFinding().id));

  it('cannot be made for a node whose name is no name', () => {
    const { id: _, ...parts } = aFinding();
    expect(() => finding({ ...parts, node: '../etc' })).toThrow();
  });
});

describe('verdictOf', () => {
  const unknown = [{ node: 'vast-2', check: 'alias-links', reason: 'timeout' as const, detail: 'x' }];
  it.each([
    ['clear', { findings: [], unknown: [] }],
    ['unknown', { findings: [], unknown }],
    ['found', { findings: [aFinding()], unknown }],
  ] as const)('%s', (verdict, report) =>
    expect(verdictOf({ findings: [...report.findings], unknown: [...report.unknown] })).toBe(verdict),
  );
});

describe('stateToken', () => {
  it('tells files apart by inode, size and time, and not by ctime, which a hard link changes', () => {
    const file = { kind: 'file', size: 7, mtimeNs: '1750000000123456789', ctimeNs: '1', inode: '42' } as const;
    expect(stateToken(file)).toBe('file:42:7:1750000000123456789');
    expect(stateToken({ ...file, ctimeNs: '2' })).toBe(stateToken(file));
  });
  it.each([
    [{ kind: 'absent' }, 'absent'],
    [{ kind: 'folder' }, 'folder'],
    [{ kind: 'link', text: 'canonical_hex8_2p.pth', leadsTo: 'nothing' }, 'link:canonical_hex8_2p.pth'],
  ] as const)('%j', (state, token) => expect(stateToken(state)).toBe(token));
});
