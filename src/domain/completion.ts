import type { Node } from './node.ts';

/** A word that may stand next, and what it is. */
export type Suggestion = { readonly word: string; readonly detail: string };

/** What there is to choose from; `commands` are those that this person may run. */
export type Completable = {
  readonly commands: readonly { readonly name: string; readonly summary: string; readonly usage: string }[];
  readonly models: readonly { readonly name: string }[];
  readonly nodes: readonly Pick<Node, 'name' | 'provider' | 'role'>[];
  readonly checks: readonly { readonly name: string; readonly summary: string }[];
  readonly clusters: readonly string[];
};

/**
 * What may stand where the last of these words is being typed (empty: nothing of it yet), each as the whole word. Read off the commands' own
 * usage, so that a new command is completed like the others. Pure.
 */
export function completionsOf(words: readonly string[], known: Completable): Suggestion[] {
  const last = words.at(-1) ?? '';
  const [name = ''] = words;
  if (words.length <= 1) return startingWith(last, commandWords(known));
  const command = known.commands.find((one) => one.name === name);
  if (command === undefined) return [];
  const before = words.at(-2) ?? '';
  if (name === 'help') return words.length === 2 ? startingWith(last, commandWords(known)) : [];
  if (before === 'on') return nodeSets(last, known);
  if (before === 'in') return known.clusters.length > 1 ? startingWith(last, clusterWords(known)) : [];
  if (before === '--only')
    return lastPartOf(last, /,/, (part) =>
      startingWith(
        part,
        known.checks.map(({ name: word, summary }) => ({ word, detail: summary })),
      ),
    );
  if (last.startsWith('-')) return startingWith(last, flagsOf(command.usage));
  const { usage } = command;
  const positional = usage.replace(/\[?on <node set>\]?|on <node>/g, '');
  const begins = words.length === 2;
  return [
    ...(/\bmodel\b/.test(positional)
      ? startingWith(
          last,
          known.models.map(({ name: word }) => ({ word, detail: 'model' })),
        )
      : []),
    ...(begins && /<node(?: set)?\b|\bnode set\b/.test(positional) ? nodeSets(last, known) : []),
    ...(/\bon <node/.test(usage) && !words.includes('on')
      ? startingWith(last, [{ word: 'on', detail: 'only these nodes' }])
      : []),
    ...(begins ? startingWith(last, choicesOf(usage)) : []),
    ...(known.clusters.length > 1 ? startingWith(last, [{ word: 'in', detail: 'in this cluster' }]) : []),
    ...(last === '' ? flagsOf(usage) : []),
  ];
}

/** The line as words for completion: what ends in a space begins a new, empty word. */
export function wordsTyped(line: string): string[] {
  return line.trimStart().split(/\s+/);
}

function commandWords({ commands }: Completable): Suggestion[] {
  return commands.map(({ name, summary }) => ({ word: name, detail: summary }));
}

function clusterWords({ clusters }: Completable): Suggestion[] {
  return clusters.map((word) => ({ word, detail: 'cluster' }));
}

/** Names of nodes and of groups of them; behind an operator the rest of the expression is completed. */
function nodeSets(typed: string, { nodes }: Completable): Suggestion[] {
  const groups = [
    { word: '@targets', detail: 'all nodes that get models' },
    { word: '@gpu', detail: 'all nodes with a GPU' },
    { word: '@all', detail: 'every node of the inventory' },
    ...unique(nodes.map(({ provider }) => provider)).map((one) => ({
      word: `@provider:${one}`,
      detail: 'nodes of this provider',
    })),
    ...unique(nodes.map(({ role }) => role)).map((one) => ({ word: `@role:${one}`, detail: 'nodes with this role' })),
  ];
  const families = unique(nodes.flatMap(({ name }) => /^(.*\D)\d+$/.exec(name)?.[1] ?? []));
  const words = [
    ...nodes.map(({ name }) => ({ word: name, detail: 'node' })),
    ...families.map((one) => ({ word: `${one}*`, detail: 'nodes by name' })),
    ...groups,
  ];
  return lastPartOf(typed, /[,&!]/, (part) => startingWith(part, words));
}

/** Completes what stands behind the last separator and keeps what stands before it. */
function lastPartOf(typed: string, separator: RegExp, of: (part: string) => Suggestion[]): Suggestion[] {
  const part = typed.split(separator).at(-1) ?? '';
  const kept = typed.slice(0, typed.length - part.length);
  return of(part).map(({ word, detail }) => ({ word: `${kept}${word}`, detail }));
}

/** `--fresh` and its like. */
function flagsOf(usage: string): Suggestion[] {
  return unique(usage.match(/--[a-z][a-z-]*/g) ?? []).map((word) => ({ word, detail: 'option' }));
}

/** Plain words that a usage offers to begin with: `verify` of `audit verify …`, `on` and `off` of `[on|off]`. */
function choicesOf(usage: string): Suggestion[] {
  const [command = ''] = usage.split(' ');
  const behind = usage
    .split(' | ')
    .flatMap((form) => (form.startsWith(`${command} `) ? [form.slice(command.length + 1)] : []));
  const words = behind.flatMap((form) => {
    const [, choices] = /^[[<]?([a-z]+(?:\|[a-z]+)*)[\]>]?(?=\s|$)/.exec(form) ?? [];
    return choices?.split('|') ?? [];
  });
  return unique(words)
    .filter((word) => !PLACEHOLDERS.has(word) && !usage.includes(`${word} <node`))
    .map((word) => ({ word, detail: '' }));
}

/** What stands in a usage for something that has a name of its own. */
const PLACEHOLDERS: ReadonlySet<string> = new Set([
  'model',
  'node',
  'incident',
  'finding',
  'command',
  'hash',
  'id',
  'receipt',
  'lock',
  'silence',
  'exclusion',
  'reason',
  'file',
  'digest',
]);

function startingWith(typed: string, words: readonly Suggestion[]): Suggestion[] {
  return words.filter(({ word }) => word.startsWith(typed));
}

function unique(words: readonly string[]): string[] {
  return [...new Set(words)].filter((word) => word !== '').toSorted();
}
