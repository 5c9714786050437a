import type { CommandContext, Reply } from '../contract/command.ts';
import { didYouMean, quoteWord } from '../domain/nearest.ts';
import { ALWAYS, deedRefusal } from '../domain/policy.ts';

/** Finds the command that the first word names, checks the right to it, and lets it answer. No word is `help`; `--help` after a command explains it to anybody. */
export async function runWords(words: readonly string[], context: CommandContext): Promise<Reply> {
  const { commands, policy, who } = context;
  const [first = 'help', ...rest] = words;
  const name = isHelp(first) ? 'help' : first;
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
  const help = isHelp(rest[0]) ? commands.find((one) => one.name === 'help') : undefined;
  if (help !== undefined) return help.handle(command === help ? [] : [name], context);
  const deed = { command: name, ...(context.place === undefined ? {} : { channel: context.place.channel }) };
  // Whoever may do nothing else may still read why.
  const refusal = ALWAYS.has(name)
    ? undefined
    : deedRefusal(policy, { person: who, right: command.right, deed, what: name });
  return refusal === undefined ? command.handle(rest, context) : { kind: 'refused', refusal };
}

function isHelp(word: string | undefined): boolean {
  return word === '--help' || word === '-h';
}
