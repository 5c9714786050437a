import { expect, it } from 'vitest';
import { createCommandWorld } from '../support/builders/command-world.ts';

it('status is a look that is shown as a matrix', async () => {
  const world = createCommandWorld();
  expect(await world.say('status on vast-1')).toMatchObject({ kind: 'begun', until: 'checked', view: 'matrix' });
  expect(world.dispatched.check).toMatchObject([{ scope: { nodes: ['vast-1'] }, fresh: false }]);
  expect(await world.say('status on nobody')).toMatchObject({ kind: 'refused', refusal: { code: 'node_unknown' } });
});
