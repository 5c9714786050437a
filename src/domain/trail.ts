import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson, Sha256 } from './digest.ts';

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

/** Where the chain of a kept trail stood at a moment, as a receipt carries it away from the machine that keeps the trail. */
export const TrailMark = z.strictObject({ count: z.int().min(1), head: Sha256 });
export type TrailMark = z.infer<typeof TrailMark>;

/** A mark as people read and type it: how many rows, and the head or its beginning. */
export function markWords({ count, head }: TrailMark, digits = 8): string {
  return `${count}:${head.slice(0, digits)}`;
}

/** A mark as somebody typed it; the head may be cut. */
export type TypedMark = { readonly count: number; readonly head: string };

/** Reads what `markWords` wrote; undefined: it is no such thing. */
export function typedMark(text: string): TypedMark | undefined {
  const [, count = '', head = ''] = /^([1-9]\d{0,14}):([0-9a-f]{8,64})$/.exec(text) ?? [];
  return head === '' ? undefined : { count: Number(count), head };
}

/** What names a row in words. */
export function placeOf({ stream, id, at }: TrailRow): string {
  return `${stream === 'orders' ? 'the order' : `the entry of ${stream}`} at ${at === '' ? 'an unknown time' : at} (${id})`;
}

/** Whether an id of a stream comes after another: milliseconds, then a number. */
export function isAfter(id: string, other: string): boolean {
  const [ms = 0, sequence = 0] = id.split('-').map(Number);
  const [otherMs = 0, otherSequence = 0] = other.split('-').map(Number);
  return ms === otherMs ? sequence > otherSequence : ms > otherMs;
}
