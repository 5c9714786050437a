import { askedScope } from '../domain/asked-scope.ts';
import type { Scope } from '../domain/entry.ts';
import type { Refusal } from '../domain/fault.ts';
import type { JobName } from '../domain/names.ts';
import type { Flag } from '../domain/words.ts';
import { changeRefusal } from './change-refusal.ts';
import type { CommandContext, LookView, Reply } from './command.ts';

const FRESH: Flag = { name: 'fresh', takes: 'nothing' };
const SINCE: Flag = { name: 'since', takes: 'value' };
const ONLY: Flag = { name: 'only', takes: 'list' };

/** What a command that looks is: `checks` are always these; absent, the words say which. */
type LookWish = {
  readonly command: string;
  readonly view: LookView;
  readonly checks?: readonly JobName[];
  /** The flag of a probe that their words may hold, which the command has read. */
  readonly probe?: { readonly flag: 'load' | 'probe'; readonly what: string };
  /** Beside those that the words or the incident name. */
  readonly also?: readonly JobName[];
  /** Whatever nodes the words or the incident name. */
  readonly only?: 'coordinator';
  /** Says nothing about models, so that no incident may take it for its own look. */
  readonly apart?: true;
};

/** Begins a look: in an incident's thread without names the incident's own scope again, otherwise a stream of its own. */
export async function beginLook(
  words: readonly string[],
  context: CommandContext,
  { command, view, checks: always, also = [], only, probe, apart }: LookWish,
): Promise<Reply> {
  const { inventory, models, checks, ledger, dispatch, who } = context;
  const asked = askedScope(words, {
    models,
    nodes: inventory.nodes,
    checks,
    flags: [
      ...(always === undefined ? [ONLY] : []),
      FRESH,
      ...(also.length > 0 ? [SINCE] : []),
      ...(probe === undefined ? [] : [{ name: probe.flag, takes: 'nothing' } as const]),
    ],
  });
  if (!asked.ok) return { kind: 'refused', refusal: asked.refusal };
  if (asked.flags.has('help')) return helpFor(command, context);
  const there = inventory.nodes.filter(({ coordinator }) => coordinator).map(({ name }) => name);
  const withChecks = (scope: Scope): Scope => ({
    ...scope,
    checks: [...new Set([...(always ?? scope.checks), ...also])],
    ...(only === undefined ? {} : { nodes: there }),
  });
  const since = minutesOf(asked.flags.get('since')?.[0]);
  if (since === undefined) return { kind: 'refused', refusal: SINCE_REFUSAL };
  const fresh = asked.flags.has('fresh');
  const text = [command, ...words].join(' ').slice(0, 2_000);
  const opened =
    context.incident === undefined || only !== undefined || apart === true || Object.values(asked.named).includes(true)
      ? undefined
      : (await ledger.entries(context.incident))[0]?.event;
  const looked = withChecks(context.incident !== undefined && opened?.kind === 'opened' ? opened.scope : asked.scope);
  const probing = probe !== undefined && asked.flags.has(probe.flag);
  const refusal = probing ? changeRefusal(context, { command, what: probe.what, ...looked }) : undefined;
  if (refusal !== undefined) return { kind: 'refused', refusal };
  // What is looked at elsewhere is no news of this incident: it gets a stream of its own.
  if (context.incident !== undefined && opened?.kind === 'opened') {
    const asking = await ledger.append(context.incident, { kind: 'asked', by: who, text });
    await dispatch.check({ incident: context.incident, scope: looked, fresh, inventory: inventory.digest, ...since });
    return { kind: 'begun', incident: context.incident, until: 'checked', since: asking?.id ?? '', view };
  }
  const incident = context.newIncidentId();
  const beginning = await ledger.append(incident, {
    kind: 'opened',
    by: who,
    text,
    scope: looked,
    ...placeOf(context),
  });
  await dispatch.check({ incident, scope: looked, fresh, inventory: inventory.digest, ...since });
  return { kind: 'begun', incident, until: 'checked', since: beginning?.id ?? '', view };
}

const SINCE_REFUSAL: Refusal = {
  code: 'usage',
  text: '--since takes minutes, hours or days, at most 7 days: --since 90m, --since 3h, --since 2d. Nothing was run.',
};

/** `3h` in minutes, as part of a job; empty when nothing was said, undefined when it is no time. */
function minutesOf(word: string | undefined): { windowMinutes?: number } | undefined {
  if (word === undefined) return {};
  const [, number, unit = ''] = /^(\d{1,5})([mhd])$/.exec(word) ?? [];
  const minutes = Number(number) * ({ m: 1, h: 60, d: 1_440 }[unit] ?? Number.NaN);
  return minutes >= 1 && minutes <= 10_080 ? { windowMinutes: minutes } : undefined;
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
