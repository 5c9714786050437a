import { masked } from './mask.ts';

/** Fields that hold people's, nodes' and programs' own words; what doctor says are medic's, and name tokens to set. Everything else is a name, a number or part of what was signed, which masking would break. */
const WORDS: ReadonlySet<string> = new Set([
  'text',
  'alert',
  'notice',
  'detail',
  'reason',
  'breakGlass',
  'note',
  'notes',
  'because',
  'silence',
  'says',
  'title',
  'words',
  'evidence',
  'question',
  'excerpt',
  'before',
  'after',
  'how',
]);
/** What a hash or a signature covers, and what programs read, stays as it is. */
const COVERED: ReadonlySet<string> = new Set(['plans', 'signed', 'grant', 'wish', 'envelope']);
/** No field of words is shorter at most; a longer text that masking would lengthen loses its end instead. */
const SHORT = 150;

/** An event or order without addresses, users, key paths and what has the shape of a token in anybody's words. */
export function withMaskedWords<T extends object>(said: T): T {
  // Words stay words, and everything else is kept: it has the shape that it had.
  return walk(said, false) as T;
}

function walk(value: unknown, isWords: boolean): unknown {
  if (typeof value === 'string') return isWords ? maskedWords(value) : value;
  if (Array.isArray(value)) return value.map((item) => walk(item, isWords));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, COVERED.has(key) ? item : walk(item, WORDS.has(key))]),
  );
}

function maskedWords(words: string): string {
  const text = masked(words);
  return words.length > SHORT ? text.slice(0, Math.max(SHORT, words.length)) : text;
}
