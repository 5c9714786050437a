import { describe, expect, it } from 'vitest';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';
import { aPolicy, BOB, MALLORY } from '../support/builders/plans.ts';

describe('runWords', () => {
  it.each(['help', '--help', '-h'])('%s is help', async (word) => {
    expect(textOf(await createCommandWorld().say(word))).toContain('medic looks after the models of ringrift');
  });

  it('an unknown command gets the nearest right one, with what is invisible made visible', async () => {
    const reply = await createCommandWorld().say('aprove\u202e 7c1d93ab');
    expect(reply).toMatchObject({ kind: 'refused', refusal: { code: 'command_unknown' } });
    expect(textOf(reply)).toContain('Did you mean approve?');
    expect(textOf(reply)).not.toContain('\u202e');
  });

  it.each(['fix', 'approve 7c1d93ab', 'reject 7c1d93ab'])('%s wants the right, and says who has it', async (words) => {
    const reply = await createCommandWorld().say(words, MALLORY);
    expect(reply).toMatchObject({ kind: 'refused', refusal: { code: 'denied' } });
    expect(textOf(reply)).toContain(BOB);
  });

  it('says so when nobody has the right', async () => {
    const reply = await createCommandWorld(aPolicy({ operators: [], approvers: [] })).say('fix');
    expect(textOf(reply)).toContain('nobody is listed in medic.yaml');
  });

  it.each(['constructor', 'toString', '__proto__', ''])('%j is no command', async (word) => {
    expect(await createCommandWorld().say(word)).toMatchObject({
      kind: 'refused',
      refusal: { code: 'command_unknown' },
    });
  });
});
