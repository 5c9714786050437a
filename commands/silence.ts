import { changeRefusal } from '../src/contract/change-refusal.ts';
import type { Command, CommandContext } from '../src/contract/command.ts';
import { findIncident } from '../src/contract/find-incident.ts';
import { askedScope } from '../src/domain/asked-scope.ts';
import type { Refusal } from '../src/domain/fault.ts';
import { isOver } from '../src/domain/incident-status.ts';
import { windowsAt } from '../src/domain/maintenance.ts';
import { isSilent, type Silence, SilenceId, silenceWords, whileObserving } from '../src/domain/silence.ts';
import { thingsNamed } from './lock.ts';

const EXAMPLE = 'silence hex8_2p on vast-* for 2h disks are being replaced';
const HOUR_MS = 3_600_000;
const MAX_MS = 24 * HOUR_MS;

export const silence: Command = {
  name: 'silence',
  topic: 'incident',
  summary: 'Let nobody be told of what is wrong there for a time; alone: what is silent now',
  usage: 'silence [<model...> [on <node set>]|<node set>|<incident>] for <30m|2h> [reason]',
  examples: [
    EXAMPLE,
    'silence vast-3 for 30m',
    'silence i-0412aa07 for 2h disks come',
    'silence hex8_2p for 24h it is being retrained',
    'silence',
  ],
  right: 'operate',
  async handle(words, context) {
    const { orders, who, now, newIncidentId, maintenance, inventory, policy } = context;
    if (words.length === 0) {
      const given = (await orders.standing()).silences.filter((one) => isSilent(one, now().getTime()));
      const standing = [
        ...given,
        ...windowsAt(maintenance, inventory.nodes, now().getTime()),
        ...whileObserving(policy.mode, now().getTime()),
      ];
      const lines = standing.length === 0 ? ['Nothing is silent.'] : standing.map(silenceWords);
      return { kind: 'said', lines, json: { silences: standing }, exit: 0 };
    }
    const at = words.indexOf('for');
    const ms = at < (context.incident === undefined ? 1 : 0) ? undefined : durationOf(words[at + 1] ?? '');
    if (ms === undefined || ms > MAX_MS) {
      const text = `silence takes what, and for how long, at most 24h, as in ${EXAMPLE}. Nothing was changed.`;
      return { kind: 'refused', refusal: { code: 'usage', text } };
    }
    const named = words.slice(0, at);
    const isIncident = named.length === 0 || (named.length === 1 && named[0]?.startsWith('i-') === true);
    const things = await (isIncident ? thingsOfIncident(named, context) : thingsOf(named, context));
    if ('code' in things) return { kind: 'refused', refusal: things };
    const refusal = changeRefusal(context, { command: 'silence', what: 'silence that', ...things });
    if (refusal !== undefined) return { kind: 'refused', refusal };
    const made: Silence = {
      id: SilenceId.parse(newIncidentId().replace('i-', 's-')),
      by: who,
      at: now().toISOString(),
      until: new Date(now().getTime() + ms).toISOString(),
      ...things,
      reason: words
        .slice(at + 2)
        .join(' ')
        .replace(/^because\s+/, '')
        .slice(0, 300),
    };
    await orders.append({ kind: 'silenced', ...made });
    const rest = `What is told already stays told; what ends is written down. "unsilence ${made.id}" ends it early.`;
    return { kind: 'said', lines: [silenceWords(made), rest], json: { silence: made }, exit: 0 };
  },
};

/** What is wrong in an incident; where no look has found anything, what it is about. */
async function thingsOfIncident(
  words: readonly string[],
  context: CommandContext,
): Promise<Pick<Silence, 'models' | 'nodes'> | Refusal> {
  const found = await findIncident(words, context, 'silence');
  if (!found.ok) return found.refusal;
  const { id, findings, scope, status } = found.incident;
  if (isOver(status))
    return { code: 'usage', text: `${id} is over: there is nothing in it to be told of. Nothing was changed.` };
  if (findings.length === 0) return { models: [...scope.models], nodes: [...scope.nodes] };
  // Something about a node itself is silenced only when every model of it is.
  const models = findings.some(({ model }) => model === undefined) ? [] : findings.flatMap(({ model }) => model ?? []);
  return { models: [...new Set(models)], nodes: [...new Set(findings.map(({ node }) => node))] };
}

/** Models, models on nodes, or nodes alone. */
function thingsOf(words: readonly string[], context: CommandContext): Pick<Silence, 'models' | 'nodes'> | Refusal {
  const { models, inventory, checks } = context;
  const asked = askedScope(words, { models, nodes: inventory.nodes, checks, flags: [] });
  if (asked.ok) {
    const { named, scope } = asked;
    return { models: named.models ? [...scope.models] : [], nodes: named.nodes ? [...scope.nodes] : [] };
  }
  const [only = '', ...more] = words;
  const things = more.length === 0 ? thingsNamed(only, context) : undefined;
  if (things?.ok === true) return { models: things.models, nodes: things.nodes };
  return things?.reply.kind === 'refused' ? things.reply.refusal : asked.refusal;
}

/** `30m` or `2h`, in milliseconds. */
function durationOf(word: string): number | undefined {
  const [, number, unit] = /^(\d{1,4})([mh])$/.exec(word) ?? [];
  const ms = Number(number) * (unit === 'm' ? HOUR_MS / 60 : HOUR_MS);
  return ms > 0 ? ms : undefined;
}
