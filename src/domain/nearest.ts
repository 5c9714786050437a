const SHOWN_MAX = 60;
const COMPARED_MAX = 64;

/** The candidates most like a mistyped word, best first, at most three and only when they are close; none for nonsense. */
export function nearest(word: string, candidates: readonly string[]): string[] {
  if (word === '' || word.length > COMPARED_MAX) return [];
  const typed = word.toLowerCase();
  const near = candidates
    .map((candidate) => ({ candidate, distance: distanceBetween(typed, candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= allowance(typed, candidate.toLowerCase()));
  const best = Math.min(...near.map(({ distance }) => distance));
  return near
    .filter(({ distance }) => distance === best)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** ` Did you mean vast-12, vast-121?` with a leading space, or nothing when no candidate is close. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const near = nearest(word, candidates);
  return near.length === 0 ? '' : ` Did you mean ${near.join(', ')}?`;
}

/** Somebody's word in double quotes, cut at 60 characters, with everything invisible made visible. */
export function quoteWord(word: string): string {
  const shown = word.length > SHOWN_MAX ? `${word.slice(0, SHOWN_MAX)}…` : word;
  return `"${shown.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)}"`;
}

// The beginning of a name, or a name with something behind it, means that name however long the rest is.
function allowance(typed: string, candidate: string): number {
  if (typed.length >= 3 && candidate.startsWith(typed)) return candidate.length;
  if (candidate.length >= 3 && typed.startsWith(candidate)) return typed.length;
  return Math.max(1, Math.floor(typed.length / 3));
}

/** Insertions, deletions, replacements and swaps of neighbours between two words. */
function distanceBetween(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      const best = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
        isSwap(from, to, row, column) ? at(beforeLast, column - 2) + 1 : Number.POSITIVE_INFINITY,
      );
      current.push(best);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, to.length);
}

function isSwap(from: string, to: string, row: number, column: number): boolean {
  return row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
