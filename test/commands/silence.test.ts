import { describe, expect, it } from 'vitest';
import { runWords } from '../../src/engine/run-words.ts';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';
import { aFinding, aScope, looked, opened } from '../support/builders/entries.ts';
import { ALICE, MALLORY } from '../support/builders/plans.ts';

describe('silence', () => {
  it.each([
    ['silence hex8_2p for 2h', { models: ['hex8_2p'], nodes: [], reason: '' }],
    ['silence vast-* for 30m because disks come', { models: [], nodes: ['vast-1', 'vast-2'], reason: 'disks come' }],
    ['silence on vast-1 for 1h', { models: [], nodes: ['vast-1'] }],
    ['silence hex8_2p hex8_3p on vast-2 for 24h x', { models: ['hex8_2p', 'hex8_3p'], nodes: ['vast-2'], reason: 'x' }],
  ])('%s', async (words, wanted) => {
    const world = createCommandWorld();
    expect(textOf(await world.say(words))).toMatch(/^Nobody is told of /);
    expect((await world.context.orders.standing()).silences).toMatchObject([{ by: ALICE, ...wanted }]);
  });

  it('alone tells what is silent, and forgets what is over', async () => {
    const world = createCommandWorld();
    expect(textOf(await world.say('silence'))).toBe('Nothing is silent.');
    await world.say('silence hex8_2p for 30m');
    expect(textOf(await world.say('silence'))).toContain('Nobody is told of hex8_2p until');
    world.pass(31);
    expect(textOf(await world.say('silence'))).toBe('Nothing is silent.');
  });

  it('alone also tells the window of medic.yaml that is open', async () => {
    const world = createCommandWorld();
    const maintenance = [{ nodes: 'vast-*', weekly: 'sun 11:00-14:00', reason: 'their disks' }];
    const reply = await runWords(['silence'], { ...world.context, maintenance });
    expect(textOf(reply)).toMatch(
      /^Nobody is told of anything on vast-\[1-2\] until 2026-03-01 14:00 UTC, by alert:maintenance/,
    );
  });

  it.each([
    ['silence hex8_2p', 'usage'],
    ['silence for 2h', 'usage'],
    ['silence hex8_2p for 25h', 'usage'],
    ['silence hex8_2p for ever', 'usage'],
    ['silence hex8_2p for 0m', 'usage'],
    ['silence vast-9 for 2h', 'node_unknown'],
  ])('%s is refused as %s', async (words, code) => {
    const world = createCommandWorld();
    expect(await world.say(words)).toMatchObject({ kind: 'refused', refusal: { code } });
    expect((await world.context.orders.standing()).silences).toEqual([]);
  });

  it('is for those who operate', async () => {
    expect(await createCommandWorld().say('silence hex8_2p for 2h', MALLORY)).toMatchObject({
      refusal: { code: 'denied' },
    });
  });
});

describe('silence of an incident', () => {
  const ID = 'i-00000001';
  const found = looked([aFinding()]);
  const alerted = opened({ by: 'alert:router', alert: 'MODEL_CORRUPTED' });

  it('covers what is wrong in it, by its id and in its thread', async () => {
    const world = createCommandWorld();
    await world.happened(ID, alerted, found);
    const { node, model } = aFinding();
    for (const [words, place] of [
      [`silence ${ID} for 2h disks come`, undefined],
      ['silence for 30m', ID],
    ] as const)
      expect(textOf(await world.say(words, ALICE, place))).toMatch(/^Nobody is told of /);
    expect((await world.context.orders.standing()).silences).toMatchObject([
      { models: [model], nodes: [node], reason: 'disks come' },
      { models: [model], nodes: [node], reason: '' },
    ]);
  });

  it('covers what it is about while no look has found anything', async () => {
    const world = createCommandWorld();
    await world.happened(ID, alerted);
    await world.say(`silence ${ID} for 2h`);
    expect((await world.context.orders.standing()).silences).toMatchObject([
      { models: aScope().models, nodes: aScope().nodes },
    ]);
  });

  it('is refused where there is nothing to be told of', async () => {
    const world = createCommandWorld();
    await world.happened(ID, alerted, found, looked());
    expect(textOf(await world.say(`silence ${ID} for 2h`))).toContain('is over');
    expect(await world.say('silence i-0000ffff for 2h')).toMatchObject({ refusal: { code: 'incident_unknown' } });
    expect((await world.context.orders.standing()).silences).toEqual([]);
  });
});
