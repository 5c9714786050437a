import type { Redis } from 'ioredis';
import type { Entry, SetAside } from '../domain/entry.ts';
import type { IncidentId } from '../domain/names.ts';
import { type Fields, isRepeated, pairs } from './signed-rows.ts';

/** Characters of rows whose entries are remembered: to judge and to parse a row again costs far more than to read it. */
const REMEMBERED_CHARS = 8_000_000;

/** A stream, sorted. The same `entries` come again for as long as they are the same. */
export type SortedStream = { readonly entries: readonly Entry[]; readonly asides: readonly SetAside[] };

type Row = { readonly fields: readonly string[]; readonly named: Fields; readonly entry: Entry };
type Known = { readonly rows: ReadonlyMap<string, Row>; readonly entries: readonly Entry[]; readonly chars: number };

const NOTHING: Known = { rows: new Map(), entries: [], chars: 0 };

/** Reads streams of entries whole, and judges what differs from what was read before. What was set aside is judged anew each time: its writer may have become known. */
export function createStreamReader({
  redis,
  keyOf,
  sort,
}: {
  readonly redis: Redis;
  readonly keyOf: (incident: IncidentId) => string;
  readonly sort: (incident: IncidentId, id: string, fields: Fields, seen: Map<string, number>) => Entry | SetAside;
}): (incident: IncidentId) => Promise<SortedStream> {
  const remembered = new Map<IncidentId, Known>();
  let chars = 0;

  function remember(incident: IncidentId, known: Known): void {
    chars += known.chars - (remembered.get(incident)?.chars ?? 0);
    // What was asked for last is forgotten last.
    remembered.delete(incident);
    remembered.set(incident, known);
    for (const [oldest, its] of remembered) {
      if (chars <= REMEMBERED_CHARS) break;
      remembered.delete(oldest);
      chars -= its.chars;
    }
  }

  return async (incident) => {
    const read = await redis.xrange(keyOf(incident), '-', '+');
    const before = remembered.get(incident) ?? NOTHING;
    const [seen, rows, asides] = [new Map<string, number>(), new Map<string, Row>(), [] as SetAside[]];
    for (const [id, fields] of read) {
      const known = before.rows.get(id);
      const isKnown = known !== undefined && isSame(known.fields, fields) && !isRepeated(known.named, seen);
      const named = isKnown ? known.named : pairs(fields);
      const sorted = isKnown ? known.entry : sort(incident, id, named, seen);
      if ('why' in sorted) asides.push(sorted);
      else rows.set(id, isKnown ? known : { fields, named, entry: sorted });
    }
    const entries = [...rows.values()].map(({ entry }) => entry);
    const same = isSame(before.entries, entries) ? before.entries : entries;
    const size = [...rows.values()].reduce((sum, { fields }) => sum + lengthOf(fields), 0);
    remember(incident, { rows, entries: same, chars: size });
    return { entries: same, asides };
  };
}

function isSame(before: readonly unknown[], now: readonly unknown[]): boolean {
  return before.length === now.length && before.every((one, index) => one === now[index]);
}

function lengthOf(fields: readonly string[]): number {
  return fields.reduce((sum, { length }) => sum + length, 0);
}
