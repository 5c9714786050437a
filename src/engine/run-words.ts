import type { CommandContext, Reply } from '../contract/command.ts';
import { didYouMean, quoteWord } from '../domain/nearest.ts';
import { mayDo } from '../domain/policy.ts';

/** Finds the command that the first word names, checks the right to it, and lets it answer. No word is `help`. */
export async function runWords(words: readonly string[], context: CommandContext): Promise<Reply> {
  const { commands, policy, who } = context;
  const [first = 'help', ...rest] = words;
  const name = first === '--help' || first === '-h' ? 'help' : first;
  const command = commands.find((one) => one.name === name);
  if (command === undefined) {
    const near =
      didYouMean(
        name,
        commands.map((one) => one.name),
      ) || ' "help" lists them.';
    return {
      kind: 'refused',
      refusal: { code: 'command_unknown', text: `${quoteWord(name)} is no command.${near} Nothing was run.` },
    };
  }
  if (!mayDo(policy, who, command.right)) {
    const able = [...new Set([...policy.operators, ...policy.approvers])];
    const whoCan = able.length === 0 ? 'nobody is listed in medic.yaml who may' : `these may: ${able.join(', ')}`;
    return { kind: 'refused', refusal: { code: 'denied', text: `You may not ${name}; ${whoCan}. Nothing was run.` } };
  }
  return command.handle(rest, context);
}
