import { describe, expect, it } from 'vitest';
import { incidentOf } from '../../src/domain/incident.ts';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';
import { aFinding, looked, opened } from '../support/builders/entries.ts';
import { ALICE, BOB, MALLORY } from '../support/builders/plans.ts';

describe('ack', () => {
  it('notes who has it, by id or in its thread, and says whose it was', async () => {
    const world = createCommandWorld();
    await world.happened('i-00000001', opened(), looked([aFinding()]));
    expect(textOf(await world.say('ack i-00000001'))).toBe('You have i-00000001.');
    expect(textOf(await world.say('ack', ALICE, 'i-00000001'))).toBe('You have i-00000001 already.');
    expect(textOf(await world.say('ack', BOB, 'i-00000001'))).toBe(`You have i-00000001. ${ALICE} had it before.`);
    expect(incidentOf(await world.ledger.entries('i-00000001'))?.acknowledgedBy).toBe(BOB);
  });

  it('changes nothing in one that is over', async () => {
    const world = createCommandWorld();
    await world.happened('i-00000001', opened({ alert: 'x' }), looked());
    expect(textOf(await world.say('ack i-00000001'))).toContain('over already (resolved)');
    expect(await world.kinds('i-00000001')).toEqual(['opened', 'checked']);
  });

  it.each([
    ['ack', 'usage'],
    ['ack hex8_2p', 'usage'],
    ['ack i-00000001 now', 'usage'],
    ['ack i-00000009', 'incident_unknown'],
    ['ack i-zzz', 'incident_unknown'],
  ])('%s is refused as %s', async (words, code) => {
    const world = createCommandWorld();
    await world.happened('i-00000001', opened(), looked([aFinding()]));
    expect(await world.say(words)).toMatchObject({ kind: 'refused', refusal: { code } });
  });

  it('names the nearest id, and is for operators', async () => {
    const world = createCommandWorld();
    await world.happened('i-00000001', opened(), looked([aFinding()]));
    expect(textOf(await world.say('ack i-00000002'))).toContain('Did you mean i-00000001?');
    expect(await world.say('ack i-00000001', MALLORY)).toMatchObject({ refusal: { code: 'denied' } });
  });
});
