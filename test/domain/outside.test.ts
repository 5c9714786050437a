import { expect, it } from 'vitest';
import { outsideWords, stateWords } from '../../src/domain/outside.ts';

it.each([
  [{ kind: 'absent' }, 'missing'],
  [{ kind: 'link', text: 'a.pth', leadsTo: 'nothing' }, '-> a.pth'],
  [{ kind: 'file', size: 40_000_000, mtimeNs: '1', ctimeNs: '1', inode: '7' }, 'file of 40,000,000 bytes'],
  [{ kind: 'folder' }, 'folder'],
  [{ kind: 'other' }, 'neither file, link nor folder'],
] as const)('a state in words: %#', (state, words) => expect(stateWords(state)).toBe(words));

it('says what a name was and is, and whose it is now', () => {
  expect(outsideWords({ name: 'x.pth', before: 'missing', after: '-> y.pth', owner: 'ubuntu' })).toBe(
    'x.pth: missing => -> y.pth, owned by ubuntu',
  );
  expect(outsideWords({ name: 'x.pth', before: 'file of 5 bytes', after: 'file of 5 bytes' })).toBe(
    'x.pth: file of 5 bytes => another file of 5 bytes',
  );
});
