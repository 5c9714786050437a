import type { Refusal } from './fault.ts';
import { didYouMean, quoteWord } from './nearest.ts';
import type { Node } from './node.ts';

/** The nodes a text means, in the order of the inventory, or the sentence that says why it means none. */
export type NodeSetResult =
  | { readonly ok: true; readonly nodes: Node[] }
  | { readonly ok: false; readonly refusal: Refusal };

type Term = { readonly operator: ',' | '&' | '!'; readonly text: string; readonly at: number };
type Step<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

const TEXT_CHARACTERS_MAX = 16_384;
const RANGE_NAMES_MAX = 4_096;
const NAMES_SHOWN_MAX = 5;
const GRAMMAR = 'names, vast-*, n[1-8], @gpu, @provider:vast, "," "&" "!"';
const PLAIN_GROUPS: Readonly<Record<string, (node: Node) => boolean>> = {
  '@all': () => true,
  '@targets': (node) => node.noTargetBecause === null,
  '@gpu': (node) => node.gpu !== null,
};
const GROUP_WORDS = [...Object.keys(PLAIN_GROUPS), '@provider:', '@role:'];

/** What a check looks at when nobody says where: the active distribution targets, and the coordinator they are compared with. */
export function defaultNodes(nodes: readonly Node[]): Node[] {
  return nodes.filter((node) => node.active && (node.noTargetBecause === null || node.coordinator));
}

/**
 * Resolves `vast-[1-3],@gpu&@role:backbone!n7`: `&` binds tighter than `,`; what any `!` names is out, wherever it stands. Unknown
 * names and empty results are refused, never widened; wildcards, ranges and groups leave inactive nodes out.
 */
export function resolveNodeSet(text: string, nodes: readonly Node[]): NodeSetResult {
  if (text.length > TEXT_CHARACTERS_MAX) return invalid(`A node set has at most ${TEXT_CHARACTERS_MAX} characters.`);
  const terms = splitTerms(text, nodes);
  if (!terms.ok) return terms;
  if (terms.value.every(({ operator }) => operator === '!')) {
    return invalid(
      `${quoteWord(text)} only leaves nodes out: say from what, as in @targets${text.replace(/^[\s,]+/, '')}.`,
    );
  }
  const included: Set<Node>[] = [];
  const excluded = new Set<Node>();
  const budget = { names: RANGE_NAMES_MAX };
  for (const term of terms.value) {
    const found = nodesOf(term, nodes, budget);
    if (!found.ok) return found;
    const last = included.at(-1);
    if (term.operator === '!') for (const node of found.value) excluded.add(node);
    else if (term.operator === '&' && last !== undefined) included.splice(-1, 1, intersection(last, found.value));
    else included.push(found.value);
  }
  const meant = nodes.filter((node) => included.some((part) => part.has(node)));
  const resolved = meant.filter((node) => node.active && !excluded.has(node));
  if (resolved.length > 0) return { ok: true, nodes: resolved };
  return { ok: false, refusal: { code: 'node_set_empty', text: emptyText(text, meant, excluded) } };
}

/** Cuts at operators outside of brackets. */
function splitTerms(text: string, nodes: readonly Node[]): Step<Term[]> {
  // With a comma in front every piece begins with its operator, and an index in it is a position counted from one.
  const pieces = [...`,${text}`.matchAll(/([,&!])((?:\[[^\]]*\]|[^,&![\]])*)/g)];
  const end = pieces.reduce((reached, piece) => (piece.index === reached ? reached + piece[0].length : reached), 0);
  if (end !== text.length + 1) return invalid(`${quoteWord(text)}: the bracket at character ${end} has no partner.`);
  const terms: Term[] = [];
  for (const [index, piece] of pieces.entries()) {
    const [, sign = '', raw = ''] = piece;
    const at = piece.index + 1 + (raw.length - raw.trimStart().length);
    // `@gpu,!n7` and `!n7` have nothing between comma and sign; there is nothing else it could mean.
    if (raw.trim() === '' && sign === ',' && pieces[index + 1]?.[1] === '!') continue;
    if (raw.trim() === '') {
      return invalid(`${quoteWord(text)}: a name or group is missing at character ${Math.min(at, text.length + 1)}.`);
    }
    const term: Term = { operator: sign === '!' || sign === '&' ? sign : ',', text: raw.trim(), at };
    const wrong = wrongCharacter(term, nodes);
    if (wrong !== null) return invalid(`${quoteWord(text)}: ${wrong}`);
    terms.push({ ...term, text: inBrackets(term.text, '') });
  }
  return { ok: true, value: terms };
}

/** Spaces are allowed inside of brackets, where they cannot join two names. */
function inBrackets(text: string, space: string): string {
  return text.replace(/\[[^\]]*\]/g, (bracket) => bracket.replace(/ /g, space));
}

function wrongCharacter({ text, at }: Term, nodes: readonly Node[]): string | null {
  const offset = inBrackets(text, '0').search(text.startsWith('@') ? /[^A-Za-z0-9._@:-]/ : /[^A-Za-z0-9._*?[\],-]/);
  if (offset < 0) return null;
  const character = text.slice(offset, offset + 1);
  const head = text.slice(0, offset);
  const hint = nodes.some(({ name }) => name === head) ? ` Did you mean ${head}?` : didYouMean(head, namesOf(nodes));
  if (/\s/.test(character))
    return `the space at character ${at + offset} should be a comma, and models come before "on".${hint}`;
  return `${quoteWord(character)} at character ${at + offset} means nothing in a node set (${GRAMMAR}).${hint}`;
}

function nodesOf(term: Term, nodes: readonly Node[], budget: { names: number }): Step<Set<Node>> {
  if (term.text.startsWith('@')) return groupNodes(term.text, nodes);
  const expanded = expandRanges(term.text, budget);
  if (!expanded.ok) return expanded;
  const found = new Set<Node>();
  const unknown: string[] = [];
  for (const name of expanded.value) {
    const matching = /[*?]/.test(name)
      ? nodes.filter((node) => matchesGlob(node.name, name))
      : nodes.filter((node) => node.name === name);
    if (matching.length === 0) unknown.push(name);
    for (const node of matching) found.add(node);
  }
  if (unknown.length > 0) return { ok: false, refusal: { code: 'node_unknown', text: unknownText(unknown, nodes) } };
  const [outright] = found;
  if (outright !== undefined && outright.name === term.text && !outright.active && term.operator !== '!') {
    return { ok: false, refusal: { code: 'node_inactive', text: `${inactiveText(outright)}. Nothing was run.` } };
  }
  return { ok: true, value: found };
}

function groupNodes(group: string, nodes: readonly Node[]): Step<Set<Node>> {
  const plain = Object.hasOwn(PLAIN_GROUPS, group) ? PLAIN_GROUPS[group] : undefined;
  if (plain !== undefined) return { ok: true, value: new Set(nodes.filter((node) => node.active && plain(node))) };
  const [, kind, wanted = ''] = /^@(provider|role):(.*)$/.exec(group) ?? [];
  if (kind !== 'provider' && kind !== 'role') {
    return invalid(
      `${quoteWord(group)} is no group.${didYouMean(group, GROUP_WORDS)} Groups are ${GROUP_WORDS.join(', ')}.`,
    );
  }
  const members = nodes.filter((node) => node[kind] === wanted);
  if (members.length > 0) return { ok: true, value: new Set(members.filter(({ active }) => active)) };
  const known = [...new Set(nodes.map((node) => node[kind]))];
  const text = `No node has the ${kind} ${quoteWord(wanted)}.${didYouMean(wanted, known)} Nothing was run.`;
  return { ok: false, refusal: { code: 'node_unknown', text } };
}

/** `n[1,3-4]` to its names; every bracket multiplies. */
function expandRanges(text: string, budget: { names: number }): Step<string[]> {
  let names = [''];
  for (const piece of text.match(/\[[^\]]*\]|[^[\]]+/g) ?? []) {
    const choices = piece.startsWith('[') ? choicesOf(piece) : { ok: true as const, value: [piece] };
    if (!choices.ok) return choices;
    if (names.length * choices.value.length > budget.names) return tooMany(text);
    names = names.flatMap((name) => choices.value.map((choice) => `${name}${choice}`));
  }
  if (text.includes('[')) budget.names -= names.length;
  return { ok: true, value: names };
}

function choicesOf(bracket: string): Step<string[]> {
  const choices: string[] = [];
  for (const part of bracket.slice(1, -1).split(',')) {
    const [, first, last = first] = /^(\d{1,15})(?:-(\d{1,15}))?$/.exec(part) ?? [];
    if (first === undefined || last === undefined) {
      return invalid(`${quoteWord(bracket)} is no range: write numbers, as in [1-8] or [1,3-5].`);
    }
    const padded = /^0\d/.test(first) || /^0\d/.test(last);
    if (padded && first.length !== last.length)
      return invalid(`${quoteWord(bracket)}: write both ends with as many digits, as in [01-08].`);
    if (Number(first) > Number(last)) return invalid(`${quoteWord(bracket)} runs backwards: write [${last}-${first}].`);
    if (Number(last) - Number(first) >= RANGE_NAMES_MAX - choices.length) return tooMany(bracket);
    for (let number = Number(first); number <= Number(last); number += 1)
      choices.push(String(number).padStart(padded ? first.length : 0, '0'));
  }
  return { ok: true, value: choices };
}

/** Linear in the name for each star, so that no pattern can hold up the process. */
function matchesGlob(name: string, pattern: string): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  let position = 0;
  while (position < name.length) {
    if (pattern[at] === '*') {
      star = at;
      resume = position;
      at += 1;
    } else if (pattern[at] === '?' || pattern[at] === name[position]) {
      at += 1;
      position += 1;
    } else if (star >= 0) {
      at = star + 1;
      resume += 1;
      position = resume;
    } else return false;
  }
  return /^\**$/.test(pattern.slice(at));
}

function intersection(some: ReadonlySet<Node>, others: ReadonlySet<Node>): Set<Node> {
  return new Set([...some].filter((node) => others.has(node)));
}

function unknownText(unknown: readonly string[], nodes: readonly Node[]): string {
  const [first = '', ...others] = unknown;
  const shown = unknown.slice(0, NAMES_SHOWN_MAX).map(quoteWord).join(', ');
  const more = unknown.length > NAMES_SHOWN_MAX ? ` and ${unknown.length - NAMES_SHOWN_MAX} more` : '';
  if (others.length > 0)
    return `${shown}${more} are no nodes of this cluster.${didYouMean(first, namesOf(nodes))} Nothing was run.`;
  const is = /[*?]/.test(first) ? 'matches no node' : 'is no node';
  return `${shown} ${is} of this cluster.${didYouMean(first.replace(/[*?]/g, ''), namesOf(nodes))} Nothing was run.`;
}

function emptyText(text: string, meant: readonly Node[], excluded: ReadonlySet<Node>): string {
  const start = `${quoteWord(text)} leaves no node`;
  if (meant.length === 0) return `${start}: no active node is meant by it. Nothing was run.`;
  const inactive = meant.filter((node) => !node.active && !excluded.has(node));
  if (inactive.length === 0) return `${start}: everything in it is left out by "!". Nothing was run.`;
  const shown = inactive.slice(0, NAMES_SHOWN_MAX).map(inactiveText).join('; ');
  return `${start}: ${shown}${inactive.length > NAMES_SHOWN_MAX ? '; …' : ''}. Nothing was run.`;
}

function inactiveText(node: Node): string {
  if (node.excluded !== undefined) return `${node.excluded}; “include ${node.name}” lets it count again`;
  return `${node.name} is not in use: its status is ${node.status}${node.note === null ? '' : ` (note: ${node.note})`}`;
}

function namesOf(nodes: readonly Node[]): string[] {
  return nodes.map(({ name }) => name);
}

function tooMany(text: string): { ok: false; refusal: Refusal } {
  return invalid(`${quoteWord(text)} stands for more than ${RANGE_NAMES_MAX} names.`);
}

function invalid(text: string): { ok: false; refusal: Refusal } {
  return { ok: false, refusal: { code: 'node_set_invalid', text: `${text} Nothing was run.` } };
}
