import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson, Sha256 } from './digest.ts';
import { type Distrust, distrustWords } from './distrust.ts';

/** One row of the ledger or of the orders, as it is stored. */
export const TrailRow = z.strictObject({
  kind: z.literal('row'),
  /** Where it stands among all entries, or among all orders. */
  cursor: z.string(),
  /** Its incident, or `orders`. */
  stream: z.string(),
  /** Where it stands in its own stream. */
  id: z.string(),
  at: z.string(),
  text: z.string(),
  key: z.string(),
  run: z.string(),
  number: z.string(),
  sign: z.string(),
});
export type TrailRow = z.infer<typeof TrailRow>;

/** How far the kept trail was at a moment: signed by who keeps it. */
export const Seal = z.strictObject({
  kind: z.literal('seal'),
  cluster: z.string(),
  at: z.string(),
  /** Rows up to here, and the head of their chain. */
  count: z.int().min(0),
  head: Sha256,
  /** The last row of each of the two. */
  entries: z.string(),
  orders: z.string(),
  key: z.string(),
});
export type Seal = z.infer<typeof Seal>;

/** A line of the kept trail. */
export const TrailLine = z.union([TrailRow, z.strictObject({ ...Seal.shape, sign: z.string() })]);
export type TrailLine = z.infer<typeof TrailLine>;

/** Where a chain stands. */
export type Chain = {
  readonly count: number;
  readonly head: Sha256;
  readonly entries: string;
  readonly orders: string;
};

/** The chain before its first row. */
export const BEGINNING: Chain = { count: 0, head: '0'.repeat(64), entries: '0', orders: '0' };

/** The chain with one row more: its head is a hash over the head before and the row. */
export function chained(chain: Chain, row: TrailRow): Chain {
  const head = createHash('sha256').update(chain.head).update(canonicalJson(row)).digest('hex');
  const last = row.stream === 'orders' ? { orders: row.cursor } : { entries: row.cursor };
  return { ...chain, count: chain.count + 1, head, ...last };
}

/** A line of the file; undefined: it cannot be read, as one that was cut off. */
export function trailLine(text: string): TrailLine | undefined {
  try {
    return TrailLine.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

type Judge = (row: TrailRow) => Distrust | undefined;

/** What is there to compare: the file's lines (absent: none is kept here), and what Redis holds now. */
export type TrailCase = {
  readonly lines: readonly string[] | undefined;
  readonly stored: readonly TrailRow[];
  /** Redis drops the oldest of very many: what is missing at the beginning is no fault then. */
  readonly trimmed: boolean;
  /** Rows that stand in the incidents' own streams, by `nameOf`. */
  readonly inStreams: ReadonlySet<string>;
  /** Judge the rows of the file, and those of Redis, in their order. */
  readonly judges: { readonly kept: Judge; readonly stored: Judge };
  readonly sealed: (seal: Seal, signature: string) => boolean;
};

/** What a verification comes to; `fault`: the first row that was altered or is missing, in words. */
export type Verification = {
  readonly fault: string | undefined;
  readonly notes: readonly string[];
  readonly rows: number;
  readonly seals: number;
};

/** What names a row in its own stream. */
export function nameOf({ stream, id }: Pick<TrailRow, 'stream' | 'id'>): string {
  return `${stream} ${id}`;
}

/** Walks the kept trail and what Redis holds in order: signatures, gaps in each run's numbers, the chain against its seals, and both against each other. */
export function verifyTrail(about: TrailCase): Verification {
  const { lines, stored, inStreams } = about;
  const kept = lines === undefined ? undefined : readKept(lines, about);
  const rows = kept?.rows ?? [];
  const notes = [
    ...(kept?.notes ?? ['no trail is kept in this state folder: what was deleted at the end of a run cannot be told']),
    ...(about.trimmed ? ['Redis holds the newest entries alone'] : []),
  ];
  const gone = stored.find((row) => row.stream !== 'orders' && !inStreams.has(nameOf(row)) && isSigned(row));
  const fault =
    kept?.fault ??
    faultIn(stored, about.judges.stored, about.trimmed) ??
    (kept === undefined ? undefined : differenceOf(rows, kept.chain, about)) ??
    (gone === undefined ? undefined : `${placeOf(gone)} is gone from its own incident`);
  return { fault, notes, rows: Math.max(rows.length, stored.length), seals: kept?.seals ?? 0 };
}

type Kept = {
  readonly rows: readonly TrailRow[];
  readonly chain: Chain;
  readonly seals: number;
  readonly notes: readonly string[];
  readonly fault: string | undefined;
};

function readKept(lines: readonly string[], about: TrailCase): Kept {
  const rows: TrailRow[] = [];
  const notes: string[] = [];
  let [chain, seals, fault]: [Chain, number, string | undefined] = [BEGINNING, 0, undefined];
  let rowsBeforeSeal = 0;
  for (const [index, text] of lines.entries()) {
    const line = trailLine(text);
    if (line === undefined)
      notes.push(`line ${index + 1} of the trail cannot be read: it was cut off when it was written`);
    else if (line.kind === 'row') {
      rows.push(line);
      chain = chained(chain, line);
      if (seals === 0) rowsBeforeSeal = rows.length;
    } else {
      const { sign, ...seal } = line;
      seals += 1;
      if (seal.count !== chain.count || seal.head !== chain.head)
        fault ??= `the trail was altered before line ${index + 1}, after the seal before it: its seal of ${seal.at} is over ${seal.count} rows and head ${seal.head.slice(0, 8)}, there are ${chain.count} with ${chain.head.slice(0, 8)}`;
      if (!about.sealed(seal, sign))
        fault ??= `the seal in line ${index + 1} of the trail is not signed by ${seal.key}`;
    }
  }
  return { rows, chain, seals, notes, fault: faultIn(rows, about.judges.kept, rowsBeforeSeal) ?? fault };
}

/** The first row that is not what it says, or before which one is missing. `mayBegin`: runs may begin anywhere, all or within the first so many rows. */
function faultIn(rows: readonly TrailRow[], distrust: Judge, mayBegin: boolean | number): string | undefined {
  const last = new Map<string, number>();
  const signed = new Set<boolean>();
  for (const [index, row] of rows.entries()) {
    const isOrder = row.stream === 'orders';
    // From before entries were signed: nobody can tell, and none of it counts.
    if (!isSigned(row) && !signed.has(isOrder)) continue;
    signed.add(isOrder);
    const why = distrust(row);
    if (why !== undefined) return `${placeOf(row)}: ${distrustWords[why]}`;
    const run = `${isOrder} ${row.key} ${row.run}`;
    const [before, number] = [last.get(run), Number(row.number)];
    const anywhere = mayBegin === true || (mayBegin !== false && index < mayBegin);
    if (number !== (before ?? (anywhere ? number - 1 : 0)) + 1)
      return `before ${placeOf(row)} ${number - (before ?? 0) - 1} of ${row.key} are missing (run ${row.run}, after number ${before ?? 0})`;
    last.set(run, number);
  }
  return undefined;
}

/** Where the kept trail and Redis tell different stories. */
function differenceOf(rows: readonly TrailRow[], chain: Chain, { stored, trimmed }: TrailCase): string | undefined {
  const here = new Map(rows.map((row) => [nameOf(row), canonicalJson(row)]));
  const there = new Set(stored.map(nameOf));
  const isKept = (row: TrailRow) => !isAfter(row.cursor, row.stream === 'orders' ? chain.orders : chain.entries);
  for (const row of stored) {
    if (!isKept(row)) continue;
    const known = here.get(nameOf(row));
    if (known === undefined) return `${placeOf(row)} is in Redis and not in the trail that was kept`;
    if (known !== canonicalJson(row)) return `${placeOf(row)} is not in Redis what it was when it was kept`;
  }
  const first = stored.find(({ stream }) => stream !== 'orders');
  const lost = rows.find(
    (row) =>
      !there.has(nameOf(row)) &&
      !(trimmed && row.stream !== 'orders' && first !== undefined && isAfter(first.cursor, row.cursor)),
  );
  return lost === undefined ? undefined : `${placeOf(lost)} was kept and is missing in Redis`;
}

function isSigned({ sign }: TrailRow): boolean {
  return sign !== '';
}

function placeOf({ stream, id, at }: TrailRow): string {
  return `${stream === 'orders' ? 'the order' : `the entry of ${stream}`} at ${at === '' ? 'an unknown time' : at} (${id})`;
}

/** Whether an id of a stream comes after another: milliseconds, then a number. */
function isAfter(id: string, other: string): boolean {
  const [ms = 0, sequence = 0] = id.split('-').map(Number);
  const [otherMs = 0, otherSequence = 0] = other.split('-').map(Number);
  return ms === otherMs ? sequence > otherSequence : ms > otherMs;
}
