import type { Config } from '../config.ts';
import { completionsOf, type Suggestion, wordsTyped } from '../domain/completion.ts';
import type { PersonId } from '../domain/names.ts';
import { commandsFor } from '../domain/policy.ts';
import { commands } from '../registry/commands.ts';
import { checks } from '../registry/jobs.ts';
import { type createLogger, openInventory, policyOf } from '../wire.ts';

/** What may follow on a line that begins behind the program's name, of what this person may do; from files alone, so that a key press waits for no server. */
export function completeLine(
  line: string,
  { configs, who, logger }: { configs: readonly Config[]; who: PersonId; logger: ReturnType<typeof createLogger> },
): Suggestion[] {
  const words = wordsTyped(line);
  const named = configs.find(({ cluster }) => words.slice(0, -1).includes(cluster)) ?? configs[0];
  if (named === undefined) return [];
  const inventory = openInventory(named, logger);
  const policy = policyOf(named, inventory);
  const known = {
    commands: commandsFor(commands, { policy, person: who, channel: undefined }),
    models: named.models,
    nodes: inventory.current().nodes,
    checks,
    clusters: configs.map(({ cluster }) => cluster),
  };
  return completionsOf(words, known);
}
