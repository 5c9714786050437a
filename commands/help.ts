import type { Command, CommandContext, Reply, Topic } from '../src/contract/command.ts';
import { didYouMean, quoteWord } from '../src/domain/nearest.ts';
import { commandsFor } from '../src/domain/policy.ts';

/** What help needs; a shell without medic.yaml has this much too. */
export type HelpContext = Pick<CommandContext, 'commands' | 'checks' | 'who' | 'policy' | 'cluster'> &
  Partial<Pick<CommandContext, 'place'>>;

export const help = {
  name: 'help',
  topic: 'self',
  summary: 'What can be typed, and what one command does',
  usage: 'help [command]',
  examples: ['help', 'help check'],
  right: 'look',
  async handle([name, ...more]: readonly string[], context: HelpContext): Promise<Reply> {
    if (more.length > 0)
      return { kind: 'refused', refusal: { code: 'usage', text: 'help takes one command: help check.' } };
    return name === undefined || name.startsWith('-') ? overview(context) : about(name, context);
  },
} satisfies Command;

/** In the order in which they are listed. */
const TOPICS: Record<Topic, string> = {
  look: 'Look',
  repair: 'Repair; nothing runs before its plan is approved',
  decide: 'Decide on plans',
  incident: 'Incidents',
  guard: 'Keep nodes and models as they are',
  self: 'medic itself',
};

function overview({ commands, who, policy, cluster, place }: HelpContext): Reply {
  const able = commandsFor(commands, { policy, person: who, channel: place?.channel });
  const width = Math.max(...able.map(({ name }) => name.length));
  const topics = Object.entries(TOPICS).flatMap(([topic, title]) => {
    const there = able.filter((command) => command.topic === topic);
    if (there.length === 0) return [];
    return [title, ...there.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`)];
  });
  return {
    kind: 'said',
    lines: [
      `medic looks after the models of ${cluster}: it looks, says what is wrong, plans the repair, and runs it when approved.`,
      ...topics,
      ...(able.length < commands.length
        ? [`Not listed: ${commands.length - able.length} commands that you may not run.`]
        : []),
      'help <command> tells what may follow a command, with examples.',
      'A node set is names, vast-*, n[1-8], @gpu, @provider:vast, @role:coordinator; "," adds, "&" intersects, "!" takes away.',
    ],
    json: { commands: able.map(({ name, topic, usage, summary }) => ({ name, topic, usage, summary })) },
    exit: 0,
  };
}

function about(name: string, { commands, checks }: HelpContext): Reply {
  const command = commands.find((one) => one.name === name);
  if (command === undefined) {
    const names = commands.map((one) => one.name);
    return {
      kind: 'refused',
      refusal: {
        code: 'command_unknown',
        text: `${quoteWord(name)} is no command.${didYouMean(name, names) || ` Commands are ${names.join(', ')}.`}`,
      },
    };
  }
  const listed = command.usage.includes('--only')
    ? ['Checks:', ...checks.map((check) => `  ${check.name.padEnd(16)} ${check.summary}`)]
    : [];
  return {
    kind: 'said',
    lines: [
      command.summary,
      `  ${command.usage}`,
      'For example:',
      ...command.examples.map((example) => `  ${example}`),
      ...listed,
    ],
    json: { usage: command.usage, examples: command.examples },
    exit: 0,
  };
}
