import { describe, expect, it } from 'vitest';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';

describe('playing', () => {
  it('looks at what processes hold, of the models and nodes that are named', async () => {
    const world = createCommandWorld();
    expect(await world.say('playing hex8_2p on vast-1')).toMatchObject({ kind: 'begun', until: 'checked' });
    expect(world.dispatched.check).toMatchObject([
      { scope: { models: ['hex8_2p'], nodes: ['vast-1'], checks: ['model-present', 'model-play'] } },
    ]);
  });

  it('refuses a model that nobody knows', async () => {
    expect(textOf(await createCommandWorld().say('playing hex9_2p'))).toContain('hex8_2p');
  });
});
