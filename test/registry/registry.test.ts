import { describe, expect, it } from 'vitest';
import { FileName, JobName } from '../../src/domain/names.ts';
import { actions, argvs } from '../../src/registry/actions.ts';
import { commands } from '../../src/registry/commands.ts';
import { checks, repairs } from '../../src/registry/jobs.ts';
import { aTransfer } from '../support/builders/plans.ts';

describe('the registries', () => {
  it.each([
    ['commands', commands.map(({ name }) => name)],
    ['checks', checks.map(({ name }) => name)],
    ['repairs', repairs.map(({ name }) => name)],
  ])('%s have names of their own, fit to be typed and to be in a plan', (_, names) => {
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(JobName.safeParse(name).success, name).toBe(true);
  });

  it('help is the first that help lists', () => {
    expect(commands[0]?.name).toBe('help');
  });

  it.each(commands.map((command) => [command.name, command] as const))(
    '%s has a usage that begins with its name, and examples',
    (name, { usage, examples, summary }) => {
      expect(usage.startsWith(name)).toBe(true);
      expect(examples.length).toBeGreaterThan(0);
      expect(summary).toMatch(/^[A-Z].{5,100}[^.]$/);
    },
  );

  it('every change that the engine asks for is a script of the registry, with text arguments only', () => {
    const step = aTransfer();
    if (step.kind !== 'transfer') throw new Error('no transfer');
    const asked = [
      argvs.placeModel(step, '.medic-x'),
      argvs.discardTemporary(step, '.medic-x'),
      argvs.takeLease('~/models', 'r-0412aa07', 60, 'what is done'),
      argvs.dropLease('~/models', 'r-0412aa07', 'verified'),
    ];
    for (const [name = '', ...args] of asked) {
      expect(actions.has(name), name).toBe(true);
      expect(args.every((argument) => typeof argument === 'string')).toBe(true);
    }
  });

  it('no script of a change is made of values: each is one text, with its arguments by position', () => {
    for (const { name, script, timeoutMs } of actions.values()) {
      expect(FileName.safeParse(name).success).toBe(true);
      expect(script, name).toMatch(/\$1/);
      expect(script, `${name} deletes`).not.toMatch(/\brm -r|\brm -fr/);
      expect(timeoutMs, name).toBeGreaterThanOrEqual(1_000);
    }
  });
});
