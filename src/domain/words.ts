import type { Refusal } from './fault.ts';
import type { Model } from './model.ts';
import type { ModelName } from './names.ts';
import { didYouMean, quoteWord } from './nearest.ts';

type Refused = { readonly ok: false; readonly refusal: Refusal };

/** The words of a line, or why it cannot be read. */
export type WordsResult = { readonly ok: true; readonly words: string[] } | Refused;

/** A flag that a command allows: `--fresh` takes nothing, `--transport rsync` one value, `--only a,b` a list. */
export type Flag = { readonly name: string; readonly takes: 'nothing' | 'value' | 'list' };

/** What a command is about: which models (none named: all), which node set as typed (null: nobody said), which flags with their values. */
export type Target = {
  readonly models: readonly ModelName[];
  readonly on: string | null;
  readonly flags: ReadonlyMap<string, readonly string[]>;
};

/** A target, or the one sentence that says what is wrong with the words. */
export type TargetResult = { readonly ok: true; readonly target: Target } | Refused;

const TEXT_CHARACTERS_MAX = 20_000;
const MODELS_SHOWN_MAX = 12;
const DASHES = '\u2010-\u2015\u2212';

/** Splits what somebody typed into words: Slack's and the telephone's decorations undone, quotes group, control characters refused. */
export function splitWords(text: string): WordsResult {
  if (text.length > TEXT_CHARACTERS_MAX) return usage(`That is longer than ${TEXT_CHARACTERS_MAX} characters.`);
  const words: string[] = [];
  let word: string | null = null;
  let quote: string | null = null;
  let bare = true;
  const end = (): void => {
    if (word !== null) words.push(bare ? plainDashes(word) : word);
    word = null;
    bare = true;
  };
  for (const character of plainText(text)) {
    if (quote !== null) {
      if (character === quote) quote = null;
      else word = (word ?? '') + character;
    } else if (/\s/.test(character)) end();
    // Only where a word or a value begins, so that the apostrophe of "don't" stays what it is.
    else if ((character === '"' || character === "'") && (word === null || word.endsWith('='))) {
      quote = character;
      bare = word !== null;
      word ??= '';
    } else word = (word ?? '') + character;
  }
  if (quote !== null) return usage(`A quotation mark (${quote}) is opened and never closed.`);
  end();
  return checkWords(words);
}

/** The same for words that a shell has split already. */
export function shellWords(argv: readonly string[]): WordsResult {
  return checkWords(argv.map((word) => (/\s/.test(word) ? word : plainDashes(word))));
}

/** Reads `[model...] [on|to <node set>] [--flag ...]`; `--help` anywhere wins over everything else and is told as the flag `help`. */
export function parseTarget(words: readonly string[], models: readonly Model[], flags: readonly Flag[]): TargetResult {
  if (words.includes('--help') || words.includes('-h')) {
    return { ok: true, target: { models: [], on: null, flags: new Map([['help', []]]) } };
  }
  const named: ModelName[] = [];
  const set: string[] = [];
  const given = new Map<string, readonly string[]>();
  let where: string | null = null;
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (word.startsWith('-')) {
      const read = readFlag(word, words[index + 1], flags, given);
      if (!read.ok) return read;
      given.set(read.name, read.values);
      index += read.usedNext ? 1 : 0;
    } else if (word === 'on' || word === 'to') {
      if (where !== null) return usage(`Say "${where}" once and join the nodes with commas: ${where} a,b.`);
      where = word;
    } else if (where !== null) set.push(word);
    else {
      const read = modelsOf(word, models);
      if (!read.ok) return read;
      named.push(...read.models);
    }
  }
  if (where !== null && set.join('').trim() === '')
    return usage(`"${where}" needs a node set after it, as in ${where} @gpu.`);
  return { ok: true, target: { models: [...new Set(named)], on: where === null ? null : set.join(' '), flags: given } };
}

/** The model a word means: its configuration, its canonical file or its alias, with or without the extension. */
export function modelNamed(
  word: string,
  models: readonly Model[],
): { readonly ok: true; readonly model: Model } | Refused {
  const model =
    models.find(({ name, canonical, alias }) => [name, canonical, alias].includes(word)) ??
    models.find(({ canonical, alias }) => [stem(canonical), stem(alias)].includes(word));
  if (model !== undefined) return { ok: true, model };
  const names = models.map(({ name }) => name);
  const near = didYouMean(word, names) || didYouMean(configPart(word, models), names);
  const more = names.length > MODELS_SHOWN_MAX ? ', …' : '';
  const hint = near || ` Models are ${names.slice(0, MODELS_SHOWN_MAX).join(', ')}${more}; nodes come after "on".`;
  return refuse('model_unknown', `${quoteWord(word)} is no model of this cluster.${hint} Nothing was run.`);
}

/** Links, mentions, entities and typographic signs as the person saw them on the screen. */
export function plainText(text: string): string {
  return text
    .replace(/<([@#!]?)([^<>|]*)(?:\|([^<>]*))?>/g, (_, sign: string, address: string, label?: string) =>
      visible(sign, address, label),
    )
    .replace(/&(lt|gt|amp);/g, (_, entity: string) => (entity === 'lt' ? '<' : entity === 'gt' ? '>' : '&'))
    .replace(/[\u200b\u2060\ufeff]/g, '')
    .replace(/[\u201c-\u201f\u2033]/g, '"')
    .replace(/[\u2018-\u201b\u2032]/g, "'");
}

function visible(sign: string, address: string, label: string | undefined): string {
  if (sign === '@') return `@${address}`;
  if (sign === '#') return `#${label ?? address}`;
  return label ?? `${sign}${address}`;
}

/** Telephones turn `--` into one long dash and put one into ranges; inside quotes a dash is prose and stays. */
function plainDashes(word: string): string {
  return word
    .replace(new RegExp(`^-?[${DASHES}]+-?(?=[A-Za-z])`, 'u'), '--')
    .replace(new RegExp(`(?<=[A-Za-z0-9])[${DASHES}](?=[A-Za-z0-9])`, 'gu'), '-');
}

function checkWords(words: string[]): WordsResult {
  // Format characters too: a text that runs backwards on the screen is not what it seems.
  const bad = words.find((word) => /[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/u.test(word));
  if (bad !== undefined) return usage(`${quoteWord(bad)} has an invisible character in it: type it again by hand.`);
  return { ok: true, words };
}

function readFlag(
  word: string,
  next: string | undefined,
  flags: readonly Flag[],
  given: ReadonlyMap<string, readonly string[]>,
):
  | { readonly ok: true; readonly name: string; readonly values: readonly string[]; readonly usedNext: boolean }
  | Refused {
  const [, name = '', inline] = /^--([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
  const flag = flags.find((one) => one.name === name);
  if (flag === undefined) return unknownFlag(word, flags);
  const earlier = given.get(name);
  if (flag.takes === 'nothing') {
    if (inline !== undefined) return usage(`--${name} takes no value.`);
    return { ok: true, name, values: [], usedNext: false };
  }
  const value = inline ?? next;
  if (value === undefined || value === '' || (inline === undefined && value.startsWith('-'))) {
    return usage(
      `--${name} needs ${flag.takes === 'list' ? `a list after it, as in --${name} a,b` : 'a value after it'}.`,
    );
  }
  if (flag.takes === 'value' && earlier !== undefined) return usage(`--${name} is given twice: say it once.`);
  const values = flag.takes === 'value' ? [value] : value.split(',').filter((item) => item !== '');
  if (values.length === 0) return usage(`--${name} needs a list after it, as in --${name} a,b.`);
  return { ok: true, name, values: [...new Set([...(earlier ?? []), ...values])], usedNext: inline === undefined };
}

function unknownFlag(word: string, flags: readonly Flag[]): Refused {
  const known = [...flags.map(({ name }) => name), 'help'];
  const typed = word.replace(/^-+/, '').replace(/=.*$/s, '');
  const near = didYouMean(typed, known).replace(/ (\S+)(?=[,?])/g, ' --$1');
  const all = known.map((name) => `--${name}`).join(', ');
  return usage(`${quoteWord(word)} is no option of this command.${near || ` It takes ${all}.`}`);
}

function modelsOf(
  word: string,
  models: readonly Model[],
): { readonly ok: true; readonly models: ModelName[] } | Refused {
  const found: ModelName[] = [];
  for (const part of word.split(',')) {
    if (part === '' && word !== '' && !/^,*$/.test(word)) continue;
    const named = modelNamed(part, models);
    if (!named.ok) return named;
    found.push(named.model.name);
  }
  return { ok: true, models: found };
}

/** `ringrift_best_hex8_2q.pth` is compared by its `hex8_2q`, else every name would be equally far away. */
function configPart(word: string, models: readonly Model[]): string {
  const [first] = models;
  if (first === undefined) return word;
  for (const file of [first.canonical, first.alias]) {
    const [before = '', after = ''] = file.split(first.name);
    if (before !== '' && word.startsWith(before)) {
      const rest = word.slice(before.length);
      return after !== '' && rest.endsWith(after) ? rest.slice(0, -after.length) : rest;
    }
  }
  return word;
}

function stem(file: string): string {
  return file.replace(/(?<=.)\.[^.]*$/, '');
}

function usage(text: string): Refused {
  return refuse('usage', `${text} Nothing was run.`);
}

function refuse(code: Refusal['code'], text: string): Refused {
  return { ok: false, refusal: { code, text } };
}
