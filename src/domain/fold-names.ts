import type { NodeName } from './names.ts';

type Numbered = { readonly digits: string; readonly value: number };
type Family = { readonly prefix: string; readonly suffix: string; readonly members: Numbered[] };

/** Longer runs of digits are left as they are: beyond this a number no longer holds them exactly. */
const DIGITS_MAX = 15;

/** Names as people read them, `nebius-h100-1, vast-[1-3]`: sorted, consecutive numbers as ranges, zero padding kept. A node set of the same nodes. */
export function foldNames(names: readonly NodeName[]): string {
  const families = new Map<string, Family>();
  const parts: { readonly key: string; readonly text: string }[] = [];
  for (const name of new Set(names)) {
    const [, prefix, digits, suffix] = /^(.*?)(\d+)(\D*)$/.exec(name) ?? [];
    if (prefix === undefined || digits === undefined || suffix === undefined || digits.length > DIGITS_MAX) {
      parts.push({ key: name, text: name });
      continue;
    }
    const key = `${prefix}\0${suffix}`;
    const family = families.get(key) ?? { prefix, suffix, members: [] };
    family.members.push({ digits, value: Number(digits) });
    families.set(key, family);
  }
  for (const [key, family] of families) {
    for (const members of byPadding(family.members)) parts.push({ key, text: foldFamily(family, members) });
  }
  return parts
    .toSorted((a, b) => compare(a.key, b.key) || compare(a.text, b.text))
    .map(({ text }) => text)
    .join(', ');
}

/** `01` and `1` are different names, so padded numbers of one width fold apart from the plain ones. */
function byPadding(members: readonly Numbered[]): Numbered[][] {
  const paddedWidths = new Set(members.filter(({ digits }) => /^0\d/.test(digits)).map(({ digits }) => digits.length));
  const groups = new Map<number, Numbered[]>();
  for (const member of members) {
    const width = paddedWidths.has(member.digits.length) ? member.digits.length : 0;
    groups.set(width, [...(groups.get(width) ?? []), member]);
  }
  return [...groups.values()];
}

function foldFamily({ prefix, suffix }: Family, members: readonly Numbered[]): string {
  const [only, ...others] = members;
  if (only !== undefined && others.length === 0) return `${prefix}${only.digits}${suffix}`;
  const runs: { first: Numbered; last: Numbered }[] = [];
  for (const member of members.toSorted((a, b) => a.value - b.value)) {
    const run = runs.at(-1);
    if (run !== undefined && run.last.value + 1 === member.value) run.last = member;
    else runs.push({ first: member, last: member });
  }
  const ranges = runs.map(({ first, last }) => (first === last ? first.digits : `${first.digits}-${last.digits}`));
  return `${prefix}[${ranges.join(',')}]${suffix}`;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
