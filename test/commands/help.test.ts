import { describe, expect, it } from 'vitest';
import { commands } from '../../src/registry/commands.ts';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';
import { ALICE, MALLORY } from '../support/builders/plans.ts';

describe('help', () => {
  it('lists what the person may run, and how many they may not', async () => {
    const world = createCommandWorld();
    const all = textOf(await world.say('help', ALICE));
    for (const { name, summary } of commands.filter(({ right }) => right !== 'approve'))
      expect(all).toMatch(new RegExp(`\n  ${name} +${escape(summary)}`));
    const few = textOf(await world.say('help', MALLORY));
    expect(few).not.toMatch(/\n {2}approve /);
    expect(few).toMatch(/\nLook\n {2}check/);
    expect(few).toMatch(/Not listed: \d+ commands that you may not run\./);
  });

  it.each(commands.map(({ name }) => name))('explains %s with examples, and so does --help after it', async (name) => {
    const world = createCommandWorld();
    const reply = await world.say(`help ${name}`);
    expect(textOf(reply)).toContain(commands.find((one) => one.name === name)?.usage);
    expect(textOf(reply)).toContain('For example:');
    expect(await world.say(`${name} --help`, MALLORY)).toEqual(
      name === 'help' ? await world.say('help', MALLORY) : reply,
    );
    expect([world.dispatched.check, world.dispatched.plan]).toEqual([[], []]);
  });

  it.each(commands.flatMap(({ name, examples }) => examples.map((example) => [name, example])))(
    '%s: the example “%s” begins with it',
    (name, example) => {
      expect(example.split(' ')[0]).toBe(name);
    },
  );

  it.each([
    ['help chekc', 'command_unknown', 'check'],
    ['help check now', 'usage', 'help check'],
    ['chekc', 'command_unknown', 'check'],
    ['rm -rf /', 'command_unknown', 'help'],
  ])('%s is refused as %s', async (words, code, part) => {
    const reply = await createCommandWorld().say(words);
    expect(reply).toMatchObject({ kind: 'refused', refusal: { code } });
    expect(textOf(reply)).toContain(part);
  });
});

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
