import { z } from 'zod';
import type { Fact } from '../contract/fact.ts';
import { Fault } from '../domain/fault.ts';
import { jsonOf, ledgerCopy } from './ledger-copy.ts';
import { shellEnter, shellStart } from './shell.ts';

/** Deliveries that failed alike: to one node, for one reason. Times are epoch seconds of the coordinator. */
export type FailedDeliveries = {
  readonly node: string;
  readonly reason: string;
  readonly files: readonly string[];
  readonly count: number;
  readonly lastS: number;
};

/** What the daemon's own ledger says of the window that was asked about. */
export type DeliveryLedger =
  | { readonly kind: 'absent' }
  | {
      readonly kind: 'read';
      readonly nowS: number;
      /** When anything was last written, null: never. */
      readonly lastS: number | null;
      readonly nodes: number;
      readonly pending: number;
      readonly failed: readonly FailedDeliveries[];
      /** Deliveries that are under way, have moved within a day, and not for the time that was asked about. Older ones were given up by whoever wrote them. */
      readonly stuck: readonly { readonly node: string; readonly file: string; readonly sinceS: number }[];
    };

const Text = z.string().transform((text) => text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').slice(0, 300));
const Answer = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('absent') }),
  z.strictObject({ kind: z.literal('foreign'), detail: Text }),
  z.strictObject({
    kind: z.literal('read'),
    nowS: z.number(),
    lastS: z.number().nullable(),
    nodes: z.int(),
    pending: z.int(),
    failed: z.array(
      z.strictObject({ node: Text, reason: Text, files: z.array(Text), count: z.int(), lastS: z.number() }),
    ),
    stuck: z.array(z.strictObject({ node: Text, file: Text, sinceS: z.number() })),
  }),
]);

/** Reads the delivery ledger below `root` on the coordinator: a copy of it, since opening a database in WAL mode writes beside it. */
export function deliveryLedger(root: string, path: string, windowS: number, stuckS: number): Fact<DeliveryLedger> {
  return {
    name: 'delivery-ledger',
    script: SCRIPT,
    args: [root, path, String(windowS), String(stuckS)],
    timeoutMs: 60_000,
    outputBytesMax: 1_000_000,
    parse({ code, stdout, stderr }) {
      const said = stderr.trim().split('\n').at(-1)?.slice(0, 200) ?? '';
      if (code === 11) throw new Fault('no_tool', said);
      if (code === 13) throw new Fault('permission', said);
      const answer = Answer.safeParse(code === 0 ? jsonOf(Buffer.from(stdout).toString('utf8')) : undefined);
      if (!answer.success) throw new Fault('parse', `the delivery ledger could not be read: ${said}`);
      if (answer.data.kind === 'foreign') throw new Fault('parse', `this is no delivery ledger: ${answer.data.detail}`);
      return answer.data;
    },
  };
}

/* It stands in a quoted shell word: no apostrophe in it. */
const PROGRAM = `${ledgerCopy}
window, stuck = float(sys.argv[2]), float(sys.argv[3])
def ask(db):
    missing = {"target_node", "status", "updated_at", "error_message", "data_path"} - columns(db)
    if missing: return {"kind": "foreign", "detail": "no table deliveries with " + ", ".join(sorted(missing))}
    now = time.time()
    groups = {}
    failed = "SELECT target_node, error_message, data_path, updated_at FROM deliveries WHERE status = ? AND updated_at > ? ORDER BY updated_at DESC LIMIT 5000"
    for node, reason, file, at in db.execute(failed, ("failed", now - window)):
        group = groups.setdefault((str(node), str(reason or "no reason given")), {"files": [], "count": 0, "lastS": float(at)})
        group["count"] += 1
        name = os.path.basename(str(file or ""))
        if name and name not in group["files"] and len(group["files"]) < 20: group["files"].append(name)
    under = "SELECT target_node, data_path, updated_at FROM deliveries WHERE status IN (?, ?) AND updated_at < ? AND updated_at > ? ORDER BY updated_at DESC LIMIT 5000"
    one = lambda sql, *args: db.execute(sql, args).fetchone()[0]
    return {"kind": "read", "nowS": now, "lastS": one("SELECT MAX(updated_at) FROM deliveries"),
        "nodes": one("SELECT COUNT(DISTINCT target_node) FROM deliveries WHERE updated_at > ?", now - window),
        "pending": one("SELECT COUNT(*) FROM deliveries WHERE status IN (?, ?)", "pending", "transferring"),
        "failed": [dict(node=n, reason=r, **g) for (n, r), g in list(groups.items())[:200]],
        "stuck": [{"node": str(n), "file": os.path.basename(str(f or "")), "sinceS": float(at)} for n, f, at in db.execute(under, ("pending", "transferring", now - stuck, now - 86400))]}
answer(sys.argv[1], ask)
`;

const SCRIPT = `${shellStart}${shellEnter}
resolve "$1"
command -v python3 >/dev/null 2>&1 && python3 -I -c 'import sqlite3' 2>/dev/null || fail 11 'no python3 with sqlite3 to read the ledger with'
exec python3 -I -c '${PROGRAM}' "$folder/$2" "$3" "$4"
`;
