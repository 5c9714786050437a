import { expect, it } from 'vitest';
import { key } from '../../commands/key.ts';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';

it('tells what medic.yaml needs, in a shell only', async () => {
  const { context, say } = createCommandWorld();
  expect(await say('key')).toMatchObject({ kind: 'refused', refusal: { code: 'usage' } });
  const shell = { ...context, place: undefined, ownPublicHalf: () => 'MCow' };
  const unknown = await key.handle([], { ...shell, who: 'cli:Alice' });
  expect(textOf(unknown)).toContain('shellKeys: { alice: MCow }');
  expect(unknown).toMatchObject({ json: { key: 'MCow' }, exit: 0 });
  expect(textOf(await key.handle([], { ...shell, who: 'key:alice' }))).toContain('you are key:alice');
  expect(await key.handle(['x'], shell)).toMatchObject({ kind: 'refused', refusal: { code: 'usage' } });
});
