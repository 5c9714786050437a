import { describe, expect, it } from 'vitest';
import { incidentOf } from '../../src/domain/incident.ts';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';
import { aFinding, looked, opened } from '../support/builders/entries.ts';

async function silent() {
  const world = createCommandWorld();
  await world.say('silence hex8_2p for 2h');
  const [one] = (await world.context.orders.standing()).silences;
  if (one === undefined) throw new Error('nothing is silent');
  return { world, one };
}

describe('unsilence', () => {
  it('ends one early, and what waited for its end is decided now', async () => {
    const { world, one } = await silent();
    const begun = opened({ by: 'alert:router', alert: 'MODEL_CORRUPTED', quietUntil: one.at });
    await world.happened('i-00000001', begun, looked([aFinding()]), { kind: 'waits', quietUntil: one.until });
    // Waits for something else, longer.
    await world.happened('i-00000002', { ...begun }, looked([aFinding()]), {
      kind: 'waits',
      quietUntil: '2026-03-09T12:00:00.000Z',
    });
    expect(textOf(await world.say(`unsilence ${one.id}`))).toContain('is ended: hex8_2p is told again');
    expect((await world.context.orders.standing()).silences).toEqual([]);
    const until = async (id: string) => incidentOf(await world.context.ledger.entries(id))?.quietUntil;
    expect(await until('i-00000001')).toBe(world.context.now().toISOString());
    expect(await until('i-00000002')).toBe('2026-03-09T12:00:00.000Z');
  });

  it('names those that there are', async () => {
    const { world, one } = await silent();
    expect(textOf(await world.say('unsilence'))).toContain(`${one.id} (hex8_2p)`);
    expect(textOf(await world.say('unsilence s-99999999'))).toContain(`${one.id} (hex8_2p)`);
    expect(textOf(await createCommandWorld().say('unsilence s-99999999'))).toContain('Nothing is silent.');
  });
});
