import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/domain/entry.ts';
import type { Finding } from '../../src/domain/finding.ts';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';
import { aFinding, aScope, opened } from '../support/builders/entries.ts';
import { NOON } from '../support/builders/plans.ts';

describe('playing', () => {
  it('looks at what processes hold, of the models and nodes that are named', async () => {
    const world = createCommandWorld();
    expect(await world.say('playing hex8_2p on vast-1')).toMatchObject({ kind: 'begun', until: 'checked' });
    expect(world.dispatched.check).toMatchObject([
      { scope: { models: ['hex8_2p'], nodes: ['vast-1'], checks: ['model-present', 'model-play'] } },
    ]);
  });

  it('--window tells when a wrong model was in play, from what the ledger knows, and looks at nothing', async () => {
    const world = createCommandWorld();
    const scope = aScope({ checks: ['model-digest', 'alias-links'], nodes: ['vast-1', 'gone-7'] });
    const expected = { hex8_2p: { digest: '3f'.repeat(32), since: NOON, provisional: false } };
    const look = (findings: readonly Finding[]): Event => ({
      kind: 'checked',
      scope,
      report: { findings: [...findings], unknown: [], notes: [] },
      ms: 1_000,
      expected,
    });
    const wrong = ['vast-1', 'gone-7'].map((node) => aFinding(node, { code: 'alias_wrong_target' }));
    await world.happened('i-00000001', opened(), look([]));
    world.pass(10);
    await world.happened('i-00000002', opened(), look(wrong));
    world.pass(10);
    await world.happened('i-00000003', opened(), look(wrong.slice(0, 1)));
    const reply = await world.say('playing hex8_2p --window');
    expect(reply).toMatchObject({
      json: {
        windows: [
          { node: 'gone-7', from: '2026-03-01T11:59:59.000Z', until: '2026-03-01T12:20:00.000Z' },
          { node: 'vast-1', until: null, what: ['alias_wrong_target'] },
        ],
      },
      file: { name: expect.stringMatching(/\.csv$/), content: expect.stringContaining('gone-7,hex8_2p,') },
    });
    expect(textOf(reply)).toContain('a wrong model was in play on 2 nodes, 2 windows');
    expect(textOf(await world.say('playing hex8_2p on vast-1 --window'))).toContain('on 1 node, 1 window');
    world.pass(60 * 48);
    expect(textOf(await world.say('playing hex8_2p --window --since 1d'))).toContain('on 1 node, 1 window');
    expect(textOf(await world.say('playing hex8_3p --window'))).toContain('no wrong model was seen in play');
    expect(world.dispatched.check).toEqual([]);
  });

  it.each(['soon', '0d', '5m'])('refuses --since %s', async (since) => {
    expect(textOf(await createCommandWorld().say(`playing --window --since ${since}`))).toContain(
      '--since takes hours',
    );
  });

  it('refuses a model that nobody knows', async () => {
    expect(textOf(await createCommandWorld().say('playing hex9_2p'))).toContain('hex8_2p');
  });
});
