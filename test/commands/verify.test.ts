import { expect, it } from 'vitest';
import { checks } from '../../src/registry/jobs.ts';
import { createCommandWorld } from '../support/builders/command-world.ts';

it('verify is a look with the checks of a model, inside included, shown as verdicts', async () => {
  const world = createCommandWorld();
  expect(await world.say('verify hex8_2p on vast-1')).toMatchObject({ kind: 'begun', view: 'verdicts' });
  const [job] = world.dispatched.check;
  expect(job).toMatchObject({ scope: { nodes: ['vast-1'], models: ['hex8_2p'] }, fresh: false });
  expect(job?.scope.checks).toContain('model-format');
  expect(checks.map(({ name }) => name)).toEqual(expect.arrayContaining([...(job?.scope.checks ?? [])]));
});

it('verify in a thread is about what the incident is about', async () => {
  const world = createCommandWorld();
  await world.say('check hex8_3p on vast-2');
  const [first] = world.dispatched.check;
  await world.say('verify', undefined, first?.incident);
  const again = world.dispatched.check[1];
  expect(again).toMatchObject({ incident: first?.incident, scope: { models: ['hex8_3p'], nodes: ['vast-2'] } });
  expect(again?.scope.checks).toContain('model-format');
});

it.each(['verify --only alias-links', 'verify on nobody', 'verify hex8_9p'])('refuses "%s"', async (words) => {
  expect(await createCommandWorld().say(words)).toMatchObject({ kind: 'refused' });
});
