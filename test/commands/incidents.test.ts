import { describe, expect, it } from 'vitest';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';
import { aFinding, looked, opened } from '../support/builders/entries.ts';
import { BOB } from '../support/builders/plans.ts';

describe('incidents', () => {
  it('lists the open ones with state, age and holder, and says how many are over', async () => {
    const world = createCommandWorld();
    await world.happened('i-00000001', opened(), looked([aFinding()]));
    await world.happened('i-00000002', opened({ alert: 'MODEL_CORRUPTED' }), looked());
    await world.happened('i-00000003', opened(), looked());
    await world.happened('i-00000001', { kind: 'acknowledged', by: BOB });
    world.pass(4);
    const reply = await world.say('incidents');
    expect(textOf(reply)).toBe(
      [
        '1 incident open',
        `  i-00000001 · 🔴 hex8_2p is wrong on 1 of 1 node · open · since 4 min (2026-03-01 12:00 UTC) · ${BOB} has it`,
        '  1 more are over: incidents all',
      ].join('\n'),
    );
    expect(reply).toMatchObject({ exit: 0, json: { incidents: [{ id: 'i-00000001', status: 'open', findings: 1 }] } });
  });

  it('shows what is over after what is open when asked for all, and no mere looks', async () => {
    const world = createCommandWorld();
    await world.happened('i-00000001', opened(), looked([aFinding()]));
    await world.happened('i-00000002', opened({ alert: 'MODEL_CORRUPTED' }), looked());
    await world.happened('i-00000003', opened(), looked());
    const lines = textOf(await world.say('incidents all')).split('\n');
    expect(lines.map((line) => line.trim().slice(0, 10))).toEqual(['1 incident', 'i-00000001', 'i-00000002']);
  });

  it('says that nothing is open', async () => {
    expect(textOf(await createCommandWorld().say('incidents'))).toBe('No incident is open.');
  });

  it('refuses other words', async () => {
    expect(await createCommandWorld().say('incidents open')).toMatchObject({ refusal: { code: 'usage' } });
  });
});
