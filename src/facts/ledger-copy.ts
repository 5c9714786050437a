/**
 * Python that reads the daemon's delivery ledger from a copy, since opening a database in WAL mode writes beside it. The writer may go on
 * while the two files are copied, so a copy of files that have changed meanwhile is made again. `columns(db)`: what the table
 * `deliveries` has. `answer(path, ask)` prints what `ask(db)` returns as JSON, or `{"kind": "absent"}`; ends with 13 where it may not be
 * read. No apostrophe in it.
 */
export const ledgerCopy = `
import json, os, shutil, sqlite3, sys, tempfile, time
def mark(name):
    try: found = os.stat(name)
    except FileNotFoundError: return None
    return found.st_ino, found.st_size, found.st_mtime_ns
def columns(db): return set(row[1] for row in db.execute("PRAGMA table_info(deliveries)"))
def once(path, ask):
    own = tempfile.mkdtemp(prefix="medic-ledger-")
    try:
        copy = os.path.join(own, "ledger.db")
        marks = lambda: [mark(path + end) for end in ("-wal", "")]
        seen = marks()
        for end in ("-wal", ""):
            if os.path.isfile(path + end): shutil.copyfile(path + end, copy + end)
        if marks() != seen: raise sqlite3.DatabaseError("it is being written to")
        return ask(sqlite3.connect(copy))
    finally: shutil.rmtree(own, ignore_errors=True)
def answer(path, ask):
    if not os.path.isfile(path):
        print(json.dumps({"kind": "absent"}))
        return
    if not os.access(path, os.R_OK):
        print("the delivery ledger may not be read", file=sys.stderr)
        sys.exit(13)
    for tries in (1, 2, 3, 4, 5):
        try:
            print(json.dumps(once(path, ask)))
            return
        except sqlite3.DatabaseError as e:
            if tries == 5:
                print("%s: %s" % (type(e).__name__, e), file=sys.stderr)
                sys.exit(1)
            time.sleep(0.3)
`;

/** What the program printed; undefined when it is no JSON. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
