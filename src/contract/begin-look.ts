import { askedScope } from '../domain/asked-scope.ts';
import type { Flag } from '../domain/words.ts';
import type { CommandContext, Reply } from './command.ts';

const LOOK_FLAGS: readonly Flag[] = [
  { name: 'only', takes: 'list' },
  { name: 'fresh', takes: 'nothing' },
];

/** Begins a look: in an incident's thread without names the incident's own scope again, otherwise a stream of its own. */
export async function beginLook(
  words: readonly string[],
  context: CommandContext,
  { command, view }: { readonly command: string; readonly view: 'findings' | 'matrix' },
): Promise<Reply> {
  const { inventory, models, checks, ledger, dispatch, who } = context;
  const asked = askedScope(words, { models, nodes: inventory.nodes, checks, flags: LOOK_FLAGS });
  if (!asked.ok) return { kind: 'refused', refusal: asked.refusal };
  if (asked.flags.has('help')) return helpFor(command, context);
  const fresh = asked.flags.has('fresh');
  const text = [command, ...words].join(' ').slice(0, 2_000);
  const opened =
    context.incident === undefined || Object.values(asked.named).includes(true)
      ? undefined
      : (await ledger.entries(context.incident))[0]?.event;
  if (context.incident !== undefined && opened?.kind === 'opened') {
    const asking = await ledger.append(context.incident, { kind: 'asked', by: who, text });
    await dispatch.check({ incident: context.incident, scope: opened.scope, fresh, inventory: inventory.digest });
    return { kind: 'begun', incident: context.incident, until: 'checked', since: asking?.id ?? '', view };
  }
  const incident = context.newIncidentId();
  const beginning = await ledger.append(incident, {
    kind: 'opened',
    by: who,
    text,
    scope: asked.scope,
    ...placeOf(context),
  });
  await dispatch.check({ incident, scope: asked.scope, fresh, inventory: inventory.digest });
  return { kind: 'begun', incident, until: 'checked', since: beginning?.id ?? '', view };
}

/** The channel of the words, for an entry; absent in a shell. */
export function placeOf({ place }: CommandContext): { place?: NonNullable<CommandContext['place']> } {
  return place === undefined ? {} : { place };
}

/** What `--help` after any command answers. */
export async function helpFor(command: string, context: CommandContext): Promise<Reply> {
  const help = context.commands.find(({ name }) => name === 'help');
  if (help === undefined) throw new Error('there is no help command');
  return help.handle([command], context);
}
