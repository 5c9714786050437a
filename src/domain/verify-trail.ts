import { canonicalJson } from './digest.ts';
import { type Distrust, distrustWords } from './distrust.ts';
import {
  BEGINNING,
  type Chain,
  chained,
  isAfter,
  markWords,
  placeOf,
  type Seal,
  type TrailRow,
  type TypedMark,
  trailLine,
} from './trail.ts';

type Judge = (row: TrailRow) => Distrust | undefined;

/** A row that Redis holds; false: its own incident has lost it. */
export type StoredRow = { readonly row: TrailRow; readonly inItsStream: boolean };

/** What there is to compare: the file's lines (absent: none is kept here), and what Redis holds now. All of it is read once and in order, never held. */
export type TrailCase = {
  readonly lines: AsyncIterable<string> | undefined;
  readonly stored: Readonly<Record<'entries' | 'orders', AsyncIterable<StoredRow>>>;
  /** Redis drops the oldest of very many: what is missing at the beginning is no fault then. */
  readonly trimmed: boolean;
  /** Judge the rows of the file, and those of Redis, in their order. */
  readonly judges: { readonly kept: Judge; readonly stored: Judge };
  readonly sealed: (seal: Seal, signature: string) => boolean;
  /** Where the chain stood when it was written down elsewhere. */
  readonly mark?: TypedMark | undefined;
};

/** What a verification comes to; `fault`: the first row that was altered or is missing, in words. */
export type Verification = {
  readonly fault: string | undefined;
  readonly notes: readonly string[];
  readonly rows: number;
  readonly seals: number;
};

/** Walks the kept trail and what Redis holds in order, side by side: signatures, gaps in each run's numbers, the chain against its seals and a mark, and both against each other. */
export async function verifyTrail(about: TrailCase): Promise<Verification> {
  const { lines, mark, trimmed, stored, judges } = about;
  const check = runCheck(judges.stored);
  const walks = {
    entries: await beginWalk(stored.entries, { check, trimmed }),
    orders: await beginWalk(stored.orders, { check, trimmed: false }),
  };
  const kept = lines === undefined ? undefined : await walkFile(lines, about, walks);
  const all = [walks.entries, walks.orders];
  for (const walk of all) await walk.drain();
  const first = (of: 'unsound' | 'differs' | 'lost' | 'gone') => all.map((walk) => walk.faults[of]).find(isSaid);
  const fault = [
    kept?.fault,
    kept === undefined || mark === undefined ? undefined : markFault(kept, mark),
    first('unsound'),
    first('differs'),
    first('lost'),
    first('gone'),
  ].find(isSaid);
  const notes = [
    ...(kept?.notes ?? ['no trail is kept in this state folder: what was deleted at the end of a run cannot be told']),
    ...(trimmed ? ['Redis holds the newest entries alone'] : []),
  ];
  const inRedis = all.reduce((sum, { rows }) => sum + rows(), 0);
  return { fault, notes, rows: Math.max(kept?.chain.count ?? 0, inRedis), seals: kept?.seals ?? 0 };
}

type Kept = {
  readonly chain: Chain;
  readonly seals: number;
  readonly notes: readonly string[];
  readonly fault: string | undefined;
  /** The head of the chain where the mark says. */
  readonly marked: string | undefined;
};

async function walkFile(
  lines: AsyncIterable<string>,
  { judges, sealed, mark }: TrailCase,
  walks: Readonly<Record<'entries' | 'orders', Walk>>,
): Promise<Kept> {
  const check = runCheck(judges.kept);
  const notes: string[] = [];
  let [chain, seals, number]: [Chain, number, number] = [BEGINNING, 0, 0];
  let [rowFault, sealFault, marked]: (string | undefined)[] = [];
  for await (const text of lines) {
    number += 1;
    const line = trailLine(text);
    if (line === undefined)
      notes.push(`line ${number} of the trail cannot be read: it was cut off when it was written`);
    else if (line.kind === 'row') {
      // Whoever begins to keep a trail finds runs that have begun before.
      rowFault ??= check(line, seals === 0);
      chain = chained(chain, line);
      if (chain.count === mark?.count) marked = chain.head;
      await walks[line.stream === 'orders' ? 'orders' : 'entries'].meet(line);
    } else {
      const { sign, ...seal } = line;
      seals += 1;
      if (seal.count !== chain.count || seal.head !== chain.head)
        sealFault ??= `the trail was altered before line ${number}, after the seal before it: its seal of ${seal.at} is over ${seal.count} rows and head ${seal.head.slice(0, 8)}, there are ${chain.count} with ${chain.head.slice(0, 8)}`;
      if (!sealed(seal, sign)) sealFault ??= `the seal in line ${number} of the trail is not signed by ${seal.key}`;
    }
  }
  return { chain, seals, notes, fault: rowFault ?? sealFault, marked };
}

function markFault({ chain, marked }: Kept, { count, head }: TypedMark): string | undefined {
  if (marked === undefined)
    return `the trail was cut back: it had ${count} rows when that was written down, and has ${chain.count} now`;
  if (marked.startsWith(head)) return undefined;
  return `the trail is another one: its first ${count} rows have the mark ${markWords({ count, head: marked }, head.length)}, and not ${count}:${head}`;
}

/** Finds the first row that is not what it says, or before which one is missing. `mayBegin`: a run may begin anywhere. */
function runCheck(distrust: Judge): (row: TrailRow, mayBegin: boolean) => string | undefined {
  const last = new Map<string, number>();
  const signed = new Set<boolean>();
  return (row, mayBegin) => {
    const isOrder = row.stream === 'orders';
    // From before entries were signed: nobody can tell, and none of it counts.
    if (!isSigned(row) && !signed.has(isOrder)) return undefined;
    signed.add(isOrder);
    const why = distrust(row);
    if (why !== undefined) return `${placeOf(row)}: ${distrustWords[why]}`;
    const run = `${isOrder} ${row.key} ${row.run}`;
    const [before, number] = [last.get(run), Number(row.number)];
    if (number !== (before ?? (mayBegin ? number - 1 : 0)) + 1)
      return `before ${placeOf(row)} ${number - (before ?? 0) - 1} of ${row.key} are missing (run ${row.run}, after number ${before ?? 0})`;
    last.set(run, number);
    return undefined;
  };
}

type Walk = {
  /** The next row of the file: what Redis holds before it was never kept, and in its place stands the same, another or nothing. */
  readonly meet: (kept: TrailRow) => Promise<void>;
  readonly drain: () => Promise<void>;
  readonly rows: () => number;
  readonly faults: { unsound?: string; differs?: string; lost?: string; gone?: string };
};

/** Walks one stream of Redis beside the file; the first fault of each kind is kept. */
async function beginWalk(
  stored: AsyncIterable<StoredRow>,
  { check, trimmed }: { readonly check: ReturnType<typeof runCheck>; readonly trimmed: boolean },
): Promise<Walk> {
  const faults: Walk['faults'] = {};
  const rest = stored[Symbol.asyncIterator]();
  let [count, isSound] = [0, true];
  const pull = async (): Promise<TrailRow | undefined> => {
    const next = await rest.next();
    if (next.done === true) return undefined;
    const { row, inItsStream } = next.value;
    count += 1;
    const unsound = isSound ? check(row, trimmed) : undefined;
    if (unsound !== undefined) [faults.unsound, isSound] = [unsound, false];
    if (!inItsStream && isSigned(row)) faults.gone ??= `${placeOf(row)} is gone from its own incident`;
    return row;
  };
  const first = await pull();
  let ahead = first;
  return {
    faults,
    rows: () => count,
    async meet(kept) {
      while (ahead !== undefined && isAfter(kept.cursor, ahead.cursor)) {
        faults.differs ??= `${placeOf(ahead)} is in Redis and not in the trail that was kept`;
        ahead = await pull();
      }
      if (ahead !== undefined && ahead.cursor === kept.cursor) {
        if (canonicalJson(ahead) !== canonicalJson(kept))
          faults.differs ??= `${placeOf(ahead)} is not in Redis what it was when it was kept`;
        ahead = await pull();
        return;
      }
      const isDropped = trimmed && first !== undefined && isAfter(first.cursor, kept.cursor);
      if (!isDropped) faults.lost ??= `${placeOf(kept)} was kept and is missing in Redis`;
    },
    async drain() {
      while (ahead !== undefined) ahead = await pull();
    },
  };
}

function isSigned({ sign }: TrailRow): boolean {
  return sign !== '';
}

function isSaid(fault: string | undefined): fault is string {
  return fault !== undefined;
}
