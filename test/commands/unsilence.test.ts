import { describe, expect, it } from 'vitest';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';

async function silent() {
  const world = createCommandWorld();
  await world.say('silence hex8_2p for 2h');
  const [one] = (await world.context.orders.standing()).silences;
  if (one === undefined) throw new Error('nothing is silent');
  return { world, one };
}

describe('unsilence', () => {
  it('ends one early', async () => {
    const { world, one } = await silent();
    expect(textOf(await world.say(`unsilence ${one.id}`))).toContain('is ended: hex8_2p is told again');
    expect((await world.context.orders.standing()).silences).toEqual([]);
  });

  it('names those that there are', async () => {
    const { world, one } = await silent();
    expect(textOf(await world.say('unsilence'))).toContain(`${one.id} (hex8_2p)`);
    expect(textOf(await world.say('unsilence s-99999999'))).toContain(`${one.id} (hex8_2p)`);
    expect(textOf(await createCommandWorld().say('unsilence s-99999999'))).toContain('Nothing is silent.');
  });
});
