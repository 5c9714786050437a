import { askedScope } from '../domain/asked-scope.ts';
import type { Scope } from '../domain/entry.ts';
import type { JobName } from '../domain/names.ts';
import type { Flag } from '../domain/words.ts';
import type { CommandContext, LookView, Reply } from './command.ts';

const FRESH: Flag = { name: 'fresh', takes: 'nothing' };
const ONLY: Flag = { name: 'only', takes: 'list' };

/** What a command that looks is: `checks` are always these; absent, the words say which. */
type LookWish = {
  readonly command: string;
  readonly view: LookView;
  readonly checks?: readonly JobName[];
  /** Whatever nodes the words or the incident name. */
  readonly only?: 'coordinator';
};

/** Begins a look: in an incident's thread without names the incident's own scope again, otherwise a stream of its own. */
export async function beginLook(
  words: readonly string[],
  context: CommandContext,
  { command, view, checks: always, only }: LookWish,
): Promise<Reply> {
  const { inventory, models, checks, ledger, dispatch, who } = context;
  const asked = askedScope(words, {
    models,
    nodes: inventory.nodes,
    checks,
    flags: always === undefined ? [ONLY, FRESH] : [FRESH],
  });
  if (!asked.ok) return { kind: 'refused', refusal: asked.refusal };
  if (asked.flags.has('help')) return helpFor(command, context);
  const there = inventory.nodes.filter(({ coordinator }) => coordinator).map(({ name }) => name);
  const withChecks = (scope: Scope): Scope => ({
    ...scope,
    ...(always === undefined ? {} : { checks: [...always] }),
    ...(only === undefined ? {} : { nodes: there }),
  });
  const fresh = asked.flags.has('fresh');
  const text = [command, ...words].join(' ').slice(0, 2_000);
  const opened =
    context.incident === undefined || only !== undefined || Object.values(asked.named).includes(true)
      ? undefined
      : (await ledger.entries(context.incident))[0]?.event;
  // What is looked at elsewhere is no news of this incident: it gets a stream of its own.
  if (context.incident !== undefined && opened?.kind === 'opened') {
    const asking = await ledger.append(context.incident, { kind: 'asked', by: who, text });
    const scope = withChecks(opened.scope);
    await dispatch.check({ incident: context.incident, scope, fresh, inventory: inventory.digest });
    return { kind: 'begun', incident: context.incident, until: 'checked', since: asking?.id ?? '', view };
  }
  const incident = context.newIncidentId();
  const scope = withChecks(asked.scope);
  const beginning = await ledger.append(incident, {
    kind: 'opened',
    by: who,
    text,
    scope,
    ...placeOf(context),
  });
  await dispatch.check({ incident, scope, fresh, inventory: inventory.digest });
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
