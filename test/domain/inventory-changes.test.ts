import { describe, expect, it } from 'vitest';
import { inventoryChanges, knownNode, rememberedOf } from '../../src/domain/inventory-changes.ts';
import type { Node } from '../../src/domain/node.ts';
import { aNode } from '../support/nodes.ts';

const hub = aNode('hub', { coordinator: true, noTargetBecause: 'it is the source' });
const before = [hub, aNode('vast-1'), aNode('vast-2')];
const elsewhere = { addresses: [{ host: '192.0.2.99', port: 22 }] };

function changes(after: readonly Node[], was: readonly Node[] = before) {
  return inventoryChanges(was.map(knownNode), after);
}

describe('what changed in the inventory', () => {
  it('is nothing when nothing of it matters', () => {
    const same = before.map((node) => ({ ...node, gpu: 'A100', note: 'a new note', status: 'busy' }));
    expect(changes(same)).toEqual({ added: [], moved: [], said: [] });
  });

  it.each<[string, readonly Node[], object]>([
    ['a new node', [...before, aNode('vast-3')], { added: ['vast-3'], moved: [], said: [] }],
    ['one that left', before.slice(0, 2), { added: [], moved: [], said: ['left the inventory: vast-2'] }],
    [
      'one that is reached elsewhere',
      [hub, aNode('vast-1', elsewhere), aNode('vast-2')],
      { added: [], moved: ['vast-1'], said: ['vast-1: it is reached at another address or by another user now'] },
    ],
    [
      'one with another folder',
      [hub, aNode('vast-1', { modelsDir: '/data/models' }), aNode('vast-2')],
      { added: [], moved: ['vast-1'], said: ['vast-1: its models folder is /data/models now'] },
    ],
    [
      'one that gets no models any more',
      [hub, aNode('vast-1'), aNode('vast-2', { active: false, noTargetBecause: 'its status is terminated' })],
      { added: [], moved: [], said: ['vast-2 gets no models any more: its status is terminated'] },
    ],
    [
      'another source of models',
      [
        { ...hub, coordinator: false, noTargetBecause: null },
        aNode('vast-1'),
        { ...aNode('vast-2'), coordinator: true, noTargetBecause: 'it is the source' },
      ],
      { added: ['hub'], moved: [], said: ['models come from vast-2 now, before from hub'] },
    ],
    [
      'a source that is reached elsewhere',
      [{ ...hub, ...elsewhere }, ...before.slice(1)],
      { added: [], moved: [], said: ['hub, where models come from, is reached at another address now'] },
    ],
  ])('tells of %s', (_, after, expected) => {
    const seen = changes(after);
    expect(seen).toEqual(expected);
    expect(JSON.stringify(seen)).not.toContain('192.0.2');
  });

  it('tells of one that gets models again as of a new one', () => {
    const was = [hub, aNode('vast-1', { active: false, noTargetBecause: 'its status is offline' })];
    expect(changes([hub, aNode('vast-1')], was)).toMatchObject({ added: ['vast-1'] });
  });

  it('leaves what is excluded as it was known, and judges it when it counts again', () => {
    const out = { active: false, excluded: 'by alice', noTargetBecause: 'by alice' };
    const excluded = [hub, aNode('vast-1', { ...elsewhere, ...out }), aNode('vast-2')];
    expect(changes(excluded)).toEqual({ added: [], moved: [], said: [] });
    const kept = rememberedOf(before.map(knownNode), excluded);
    expect(inventoryChanges(kept, [hub, aNode('vast-1', elsewhere), aNode('vast-2')])).toMatchObject({
      moved: ['vast-1'],
    });
  });
});
