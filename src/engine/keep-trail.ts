import type { Leases } from '../contract/leases.ts';
import type { Ledger } from '../contract/ledger.ts';
import type { Pen } from '../contract/signing.ts';
import type { KeptTrail, Trail } from '../contract/trail.ts';
import { canonicalJson } from '../domain/digest.ts';
import { Event } from '../domain/entry.ts';
import type { ReceiptId } from '../domain/names.ts';
import {
  BEGINNING,
  type Chain,
  chained,
  type Seal,
  type TrailLine,
  type TrailRow,
  trailLine,
} from '../domain/trail.ts';

const ROWS_AT_ONCE = 1_000;
const LEASE_MS = 30_000;

/** What keeping a trail needs. */
export type TrailKeeping = {
  readonly cluster: string;
  readonly trail: Trail;
  readonly kept: KeptTrail;
  readonly ledger: Pick<Ledger, 'append'>;
  readonly pen: Pen;
  readonly leases: Pick<Leases, 'acquire' | 'release'>;
  /** Who keeps it now: two at once would write two ends to one chain. */
  readonly owner: string;
  readonly now: () => Date;
};

/**
 * Takes over what is new in ledger and orders, seals it, and says of each receipt among it where the chain stands then. Does nothing where
 * nothing is new or somebody else is at it.
 */
export async function keepTrail(options: TrailKeeping): Promise<void> {
  const { trail, kept, leases, owner } = options;
  if (!(await leases.acquire('trail', owner, LEASE_MS))) return;
  try {
    const last = await kept.tail();
    let chain = chainOf(last);
    // Whoever kept it before may have died between the file and the ledger; what was said is not said again.
    await markReceipts(options, lastBatch(last), chain);
    for (;;) {
      const [entries, orders] = await Promise.all([
        trail.after('entries', chain.entries, ROWS_AT_ONCE),
        trail.after('orders', chain.orders, ROWS_AT_ONCE),
      ]);
      const rows = [...entries, ...orders];
      if (rows.length === 0) return;
      for (const row of rows) chain = chained(chain, row);
      await kept.append([...rows.map((row) => canonicalJson(row)), canonicalJson(sealOf(chain, options))]);
      await markReceipts(options, rows, chain);
      if (!(await leases.acquire('trail', owner, LEASE_MS))) return;
    }
  } finally {
    await leases.release('trail', owner);
  }
}

async function markReceipts(
  { trail, ledger }: TrailKeeping,
  rows: readonly TrailRow[],
  { count, head }: Chain,
): Promise<void> {
  const distrust = trail.judge();
  for (const row of rows) {
    const receipt = receiptIn(row);
    if (receipt === undefined || distrust(row) !== undefined) continue;
    await ledger.append(row.stream, { kind: 'sealed', receipt, mark: { count, head } }, { once: `sealed:${receipt}` });
  }
}

function receiptIn({ text }: TrailRow): ReceiptId | undefined {
  // Cheap, because it is asked of every row.
  if (!text.includes('"executed"')) return undefined;
  try {
    const event = Event.safeParse(JSON.parse(text)).data;
    return event?.kind === 'executed' ? event.receipt.id : undefined;
  } catch {
    return undefined;
  }
}

/** The rows under the last seal. */
function lastBatch(lines: readonly string[]): TrailRow[] {
  const read = lines.flatMap((text) => trailLine(text) ?? []);
  const before = read.findLastIndex(({ kind }, index) => kind === 'seal' && index < read.length - 1);
  return read.slice(before + 1).flatMap((line) => (line.kind === 'row' ? [line] : []));
}

/** Where the chain stands at the end of these lines: the last seal, and rows after it that nobody came to seal. */
function chainOf(lines: readonly string[]): Chain {
  let chain: Chain = BEGINNING;
  for (const text of lines) {
    const line = trailLine(text);
    if (line === undefined) continue;
    const { count, head, entries, orders } = line.kind === 'seal' ? line : chained(chain, line);
    chain = { count, head, entries, orders };
  }
  return chain;
}

function sealOf({ count, head, entries, orders }: Chain, { cluster, pen, now }: TrailKeeping): TrailLine {
  const at = now().toISOString();
  const seal: Seal = { kind: 'seal', cluster, at, count, head, entries, orders, key: pen.key };
  return { ...seal, sign: pen.sign(seal) };
}
