import { z } from 'zod';
import type { Fact } from '../contract/fact.ts';
import { Sha256 } from '../domain/digest.ts';
import { Fault } from '../domain/fault.ts';
import { jsonOf, ledgerCopy } from './ledger-copy.ts';
import { shellEnter, shellStart } from './shell.ts';

/** What the daemon wrote down as a file's sha256 when it last began to send it; seconds since the epoch, by the coordinator's clock. */
export type Delivered = { readonly digest: Sha256; readonly atS: number };

const Answer = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('absent') }),
  z.strictObject({
    kind: z.literal('read'),
    files: z.array(z.strictObject({ file: z.string(), checksum: z.string(), atS: z.number() })),
  }),
]);

/** By file name, of those that the delivery ledger has a sha256 for. No ledger, or one without checksums, has none. */
export function ledgerChecksums(
  root: string,
  path: string,
  files: readonly string[],
): Fact<ReadonlyMap<string, Delivered>> {
  return {
    name: 'ledger-checksums',
    script: SCRIPT,
    args: [root, path, ...files],
    timeoutMs: 60_000,
    outputBytesMax: 1_000_000,
    parse({ code, stdout, stderr }) {
      const said = stderr.trim().split('\n').at(-1)?.slice(0, 200) ?? '';
      if (code === 11) throw new Fault('no_tool', said);
      if (code === 13) throw new Fault('permission', said);
      if (code !== 0) throw new Fault('parse', `the delivery ledger could not be read: ${said}`);
      const answer = Answer.safeParse(jsonOf(Buffer.from(stdout).toString('utf8')));
      if (!answer.success) throw new Fault('parse', 'the delivery ledger gave no answer about checksums');
      if (answer.data.kind === 'absent') return new Map();
      return new Map(
        answer.data.files.flatMap(({ file, checksum, atS }) => {
          const digest = Sha256.safeParse(checksum.toLowerCase());
          return digest.success ? [[file, { digest: digest.data, atS }] as const] : [];
        }),
      );
    },
  };
}

/* It stands in a quoted shell word: no apostrophe in it. */
const PROGRAM = `${ledgerCopy}
names = sys.argv[2:]
def ask(db):
    there = columns(db)
    if not {"checksum", "data_path", "created_at", "updated_at"} <= there: return {"kind": "read", "files": []}
    last = "SELECT checksum, COALESCE(created_at, updated_at) AS began FROM deliveries WHERE (data_path = ? OR substr(data_path, -length(?) - 1) = ?) AND checksum IS NOT NULL ORDER BY began DESC LIMIT 1"
    found = [(name, db.execute(last, (name, name, "/" + name)).fetchone()) for name in names]
    return {"kind": "read", "files": [{"file": n, "checksum": str(row[0]), "atS": float(row[1] or 0)} for n, row in found if row]}
answer(sys.argv[1], ask)
`;

const SCRIPT = `${shellStart}${shellEnter}
resolve "$1"
if [ ! -e "$folder/$2" ]; then
  printf '{"kind": "absent"}'
  exit 0
fi
command -v python3 >/dev/null 2>&1 && python3 -I -c 'import sqlite3' 2>/dev/null || fail 11 'no python3 with sqlite3 to read the ledger with'
path=$folder/$2
shift 2
exec python3 -I -c '${PROGRAM}' "$path" "$@"
`;
