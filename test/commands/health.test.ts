import { describe, expect, it } from 'vitest';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';

describe('health', () => {
  it('looks at the daemon alone, from the coordinator, in a stream of its own', async () => {
    const world = createCommandWorld();
    expect(await world.say('health')).toMatchObject({ kind: 'begun', until: 'checked', view: 'sources' });
    const [job] = world.dispatched.check;
    expect(job?.scope.checks).toEqual(['daemon-health']);
    const hub = world.context.inventory.nodes.filter(({ coordinator }) => coordinator).map(({ name }) => name);
    expect(job?.scope.nodes).toEqual(hub);
  });

  it('refuses what it does not know', async () => {
    expect(textOf(await createCommandWorld().say('health nonsense'))).toContain('is no model');
  });
});
