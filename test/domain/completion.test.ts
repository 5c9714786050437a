import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Completable, completionsOf, wordsTyped } from '../../src/domain/completion.ts';
import { commands } from '../../src/registry/commands.ts';
import { aNode } from '../support/nodes.ts';

const known: Completable = {
  commands,
  models: [{ name: 'hex8_2p' }, { name: 'hex8_4p' }],
  nodes: [aNode('vast-1', { provider: 'vast' }), aNode('vast-2', { provider: 'vast' }), aNode('nebius-h100-1')],
  checks: [
    { name: 'alias-links', summary: 'aliases' },
    { name: 'model-digest', summary: 'digests' },
  ],
  clusters: ['near'],
};
const found = (line: string, but: Partial<Completable> = {}): string[] =>
  completionsOf(wordsTyped(line), { ...known, ...but }).map(({ word }) => word);

describe('completion', () => {
  it.each([
    ['che', ['check']],
    ['check hex8_', ['hex8_2p', 'hex8_4p']],
    ['check o', ['on']],
    ['check hex8_2p on vast', ['vast-1', 'vast-2', 'vast-*']],
    ['check on vast-1,neb', ['vast-1,nebius-h100-1', 'vast-1,nebius-h100-*']],
    ['check on vast-*!vast-', ['vast-*!vast-1', 'vast-*!vast-2', 'vast-*!vast-*']],
    ['check on @prov', ['@provider:nebius', '@provider:vast']],
    ['check --only al', ['alias-links']],
    ['check --only alias-links,m', ['alias-links,model-digest']],
    ['check --fr', ['--fresh']],
    ['trust vast', ['vast-1', 'vast-2', 'vast-*']],
    ['exclude vast-1', ['vast-1']],
    ['readonly o', ['off', 'on']],
    ['audit v', ['verify']],
    ['history hex8_2p --c', ['--copies']],
    ['help whoa', ['whoami']],
    ['whoami ', []],
    ['nonsense ', []],
    ['check in ', []],
  ])('of %j is %j', (line, words) => expect(found(line)).toEqual(words));

  it('offers clusters where there are several', () => {
    const clusters = ['near', 'far'];
    expect(found('check in ', { clusters })).toEqual(clusters);
    expect(found('check i', { clusters })).toEqual(['in']);
  });

  it('lists only what the person may run, and completes nothing of the rest', () => {
    const few = { commands: commands.filter(({ name }) => name === 'check') };
    expect(found('', few)).toEqual(['check']);
    expect(found('pin ', few)).toEqual([]);
  });

  it('never takes back what was typed', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('check', 'trust', 'audit', 'help', 'x'),
        fc.array(fc.constantFrom('on', 'in', '--only', 'hex8_2p', 'vast-1,', '@', '!', '-', '')),
        (name, words) => {
          const last = [name, ...words].at(-1) ?? '';
          for (const { word } of completionsOf([name, ...words], known)) expect(word.startsWith(last)).toBe(true);
        },
      ),
    );
  });
});
