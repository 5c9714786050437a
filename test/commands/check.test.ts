import { describe, expect, it } from 'vitest';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';
import { opened } from '../support/builders/entries.ts';
import { ALICE, aDigest, MALLORY } from '../support/builders/plans.ts';

describe('check', () => {
  it('opens a stream of its own and asks a worker to look, with the inventory’s digest', async () => {
    const world = createCommandWorld();
    const reply = await world.say('check hex8_2p on vast-*');
    if (reply.kind !== 'begun' || reply.until === 'executed') throw new Error(textOf(reply));
    const scope = {
      models: ['hex8_2p'],
      nodes: ['vast-1', 'vast-2'],
      checks: world.context.checks.filter(({ byDefault }) => byDefault !== false).map(({ name }) => name),
    };
    expect(world.dispatched.check).toEqual([
      { incident: reply.incident, scope, fresh: false, inventory: aDigest('d') },
    ]);
    const [entry] = await world.ledger.entries(reply.incident);
    expect(entry?.event).toEqual({
      kind: 'opened',
      by: ALICE,
      text: 'check hex8_2p on vast-*',
      scope,
      place: { channel: 'C0OPS' },
    });
    expect(reply).toMatchObject({ until: 'checked', since: entry?.id, view: 'findings' });
  });

  it('may be typed by anybody', async () => {
    expect((await createCommandWorld().say('check', MALLORY)).kind).toBe('begun');
  });

  it('looks at the incident again in its thread, and elsewhere when names are given', async () => {
    const world = createCommandWorld();
    const event = opened();
    await world.happened('i-00000001', event);
    expect(await world.say('check --fresh', ALICE, 'i-00000001')).toMatchObject({
      kind: 'begun',
      incident: 'i-00000001',
    });
    expect(world.dispatched.check).toMatchObject([
      { incident: 'i-00000001', fresh: true, scope: event.kind === 'opened' ? event.scope : {} },
    ]);
    const other = await world.say('check hex8_3p', ALICE, 'i-00000001');
    expect(other.kind === 'begun' && other.incident).not.toBe('i-00000001');
  });

  it('takes the same name many times, however long that gets', async () => {
    const world = createCommandWorld();
    expect((await world.say(`check ${'hex8_2p '.repeat(400)}on vast-1`.replace(/ {2}/g, ' '))).kind).toBe('begun');
  });

  it.each([
    ['check hex9_2p', 'model_unknown'],
    ['check on n1;', 'node_set_invalid'],
    ['check on $(id)', 'node_set_invalid'],
    ['check on ../../etc', 'node_set_invalid'],
    ['check on vast-12', 'node_unknown'],
    ['check on old-1', 'node_inactive'],
    ['check on hub&vast-1', 'node_set_empty'],
    ['check --only aliases', 'check_unknown'],
    ['check --frech', 'usage'],
  ])('%s is refused as %s, and nothing runs', async (words, code) => {
    const world = createCommandWorld();
    expect(await world.say(words)).toMatchObject({ kind: 'refused', refusal: { code } });
    expect(world.dispatched.check).toEqual([]);
    expect(await world.ledger.recent(10)).toEqual([]);
  });

  it('--help tells how, and looks at nothing', async () => {
    const world = createCommandWorld();
    expect(textOf(await world.say('check --help'))).toContain('check [model...]');
    expect(world.dispatched.check).toEqual([]);
  });
});
