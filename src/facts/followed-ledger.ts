import { z } from 'zod';
import type { Fact } from '../contract/fact.ts';
import { Fault } from '../domain/fault.ts';
import { FailedRow } from '../domain/followed.ts';
import { jsonOf, ledgerCopy } from './ledger-copy.ts';
import { shellEnter, shellStart } from './shell.ts';

/** Up to where the ledger was read: the latest `updated_at` (epoch seconds), and which rows near it were taken already. */
export const LedgerPosition = z.strictObject({ sinceS: z.number(), taken: z.array(z.string()).max(4_000) });
export type LedgerPosition = z.infer<typeof LedgerPosition>;

const Answer = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('absent') }),
  z.strictObject({ kind: z.literal('foreign'), detail: z.string() }),
  z.strictObject({
    kind: z.literal('read'),
    nowS: z.number(),
    rows: z.array(FailedRow),
    taken: z.array(z.string()),
    more: z.boolean(),
  }),
]);

/** Failed deliveries that are new, oldest first, and the position behind them. */
export type FollowedLedger = {
  readonly position: LedgerPosition;
  readonly rows: readonly FailedRow[];
  readonly more: boolean;
};

/** A transaction may end so long after the time that it wrote down (s). */
const LATE_S = 60;

/**
 * Reads failed deliveries that were written since a position, at most `rowsMax`. Rows are written late, so the last minute is read again and what was
 * taken is left out. Without a position it begins now.
 */
export function followedLedger(
  root: string,
  path: string,
  position: LedgerPosition | undefined,
  rowsMax: number,
): Fact<FollowedLedger> {
  const since = position === undefined ? '' : String(position.sinceS);
  return {
    name: 'followed-ledger',
    script: SCRIPT,
    args: [root, path, since, String(rowsMax), String(LATE_S), JSON.stringify(position?.taken ?? [])],
    timeoutMs: 60_000,
    outputBytesMax: 2_000_000,
    parse({ code, stdout, stderr }) {
      const said = stderr.trim().split('\n').at(-1)?.slice(0, 200) ?? '';
      if (code === 11) throw new Fault('no_tool', said);
      if (code === 13) throw new Fault('permission', said);
      const answer = Answer.safeParse(code === 0 ? jsonOf(Buffer.from(stdout).toString('utf8')) : undefined);
      if (!answer.success) throw new Fault('parse', `the delivery ledger could not be read: ${said}`);
      if (answer.data.kind === 'foreign') throw new Fault('parse', `this is no delivery ledger: ${answer.data.detail}`);
      // A ledger that comes to be later is read from its beginning.
      if (answer.data.kind === 'absent')
        return { position: position ?? { sinceS: 0, taken: [] }, rows: [], more: false };
      const { nowS, rows, taken, more } = answer.data;
      if (position === undefined) return { position: { sinceS: nowS, taken: [] }, rows: [], more: false };
      const sinceS = Math.max(position.sinceS, ...rows.map(({ atS }) => atS));
      return { position: { sinceS, taken: taken.slice(-4_000) }, rows, more };
    },
  };
}

/* It stands in a quoted shell word: no apostrophe in it. */
const PROGRAM = `${ledgerCopy}
since, limit, late, known = sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), json.loads(sys.argv[5])
def ask(db):
    has = columns(db)
    missing = {"target_node", "status", "updated_at", "error_message", "data_path"} - has
    if missing: return {"kind": "foreign", "detail": "no table deliveries with " + ", ".join(sorted(missing))}
    now = time.time()
    empty = {"kind": "read", "nowS": now, "rows": [], "taken": [], "more": False}
    if since == "": return empty
    part = lambda name: name if name in has else "NULL"
    seen = set(known)
    rows, near, more = [], [], False
    asked = "SELECT rowid, %s, %s, target_node, error_message, data_path, updated_at FROM deliveries WHERE status = ? AND updated_at > ? ORDER BY updated_at, rowid" % (part("retry_count"), part("max_retries"))
    for number, tried, most, node, reason, file, at in db.execute(asked, ("failed", float(since) - late)):
        key = "%s@%s" % (number, at)
        near.append((float(at), key))
        if key in seen: continue
        if len(rows) == limit:
            near.pop()
            more = True
            break
        rows.append({"node": str(node)[:200], "reason": str(reason or "")[:500], "file": os.path.basename(str(file or ""))[:255], "tried": tried, "most": most, "atS": float(at)})
    last = max([float(since)] + [row["atS"] for row in rows])
    return dict(empty, rows=rows, more=more, taken=[key for at, key in near if at > last - late])
answer(sys.argv[1], ask)
`;

const SCRIPT = `${shellStart}${shellEnter}
resolve "$1"
command -v python3 >/dev/null 2>&1 && python3 -I -c 'import sqlite3' 2>/dev/null || fail 11 'no python3 with sqlite3 to read the ledger with'
exec python3 -I -c '${PROGRAM}' "$folder/$2" "$3" "$4" "$5" "$6"
`;
