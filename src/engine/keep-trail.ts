import type { Leases } from '../contract/leases.ts';
import type { Pen } from '../contract/signing.ts';
import type { KeptTrail, Trail } from '../contract/trail.ts';
import { canonicalJson } from '../domain/digest.ts';
import { BEGINNING, type Chain, chained, type Seal, type TrailLine, trailLine } from '../domain/trail.ts';

const ROWS_AT_ONCE = 1_000;
const LEASE_MS = 30_000;

/** What keeping a trail needs. */
export type TrailKeeping = {
  readonly cluster: string;
  readonly trail: Trail;
  readonly kept: KeptTrail;
  readonly pen: Pen;
  readonly leases: Pick<Leases, 'acquire' | 'release'>;
  /** Who keeps it now: two at once would write two ends to one chain. */
  readonly owner: string;
  readonly now: () => Date;
};

/** Takes over what is new in ledger and orders, and seals it. Does nothing where nothing is new or somebody else is at it. */
export async function keepTrail(options: TrailKeeping): Promise<void> {
  const { trail, kept, leases, owner } = options;
  if (!(await leases.acquire('trail', owner, LEASE_MS))) return;
  try {
    let chain = chainOf(await kept.tail());
    for (;;) {
      const [entries, orders] = await Promise.all([
        trail.after('entries', chain.entries, ROWS_AT_ONCE),
        trail.after('orders', chain.orders, ROWS_AT_ONCE),
      ]);
      const rows = [...entries, ...orders];
      if (rows.length === 0) return;
      for (const row of rows) chain = chained(chain, row);
      await kept.append([...rows.map((row) => canonicalJson(row)), canonicalJson(sealOf(chain, options))]);
      if (!(await leases.acquire('trail', owner, LEASE_MS))) return;
    }
  } finally {
    await leases.release('trail', owner);
  }
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
