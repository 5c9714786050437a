import type { Fact } from '../contract/fact.ts';
import { Fault } from '../domain/fault.ts';
import { shellEnter, shellStart } from './shell.ts';

/** A checkpoint's zip container: whether it is whole, how that was found out, and which model its metadata names. */
export type Container = {
  readonly whole: boolean;
  /** What is wrong, or how far it could be tested; shown to people. */
  readonly detail: string;
  /** From the metadata inside; null where it has none or nothing on the node could read it. */
  readonly board: string | null;
  readonly players: number | null;
};

const TIMEOUT_MS = 900_000;
const OUTPUT_BYTES_MAX = 200_000;

/** Tests the containers of files in one round trip. The pickle inside is read opcode by opcode and never executed. */
export function containers(
  dir: string,
  folderId: string,
  names: readonly string[],
): Fact<ReadonlyMap<string, Container>> {
  return {
    name: 'containers',
    script: SCRIPT,
    args: [dir, folderId, ...names],
    timeoutMs: TIMEOUT_MS,
    outputBytesMax: OUTPUT_BYTES_MAX,
    parse: (answer) => {
      const lines = Buffer.from(answer.stdout).toString('utf8').split('\n').slice(0, -1);
      if (answer.code !== 0 || lines.length !== names.length) {
        throw new Fault('parse', `containers could not be tested: ${answer.stderr.trim().slice(0, 200)}`);
      }
      return new Map(names.map((name, index) => [name, parseLine(lines[index] ?? '')]));
    },
  };
}

/** Whether a container's metadata contradict the model's name, `hex8_2p` or so; words about it, or nothing. */
export function misfit(container: Container, model: string): string | undefined {
  const [, board, players] = /^(.+)_(\d)p$/.exec(model) ?? [];
  if (board === undefined || players === undefined) return undefined;
  if (container.board !== null && plainBoard(container.board) !== plainBoard(board)) {
    return `its metadata say ${container.board}, its name says ${board}`;
  }
  if (container.players !== null && container.players !== Number(players)) {
    return `its metadata say ${container.players} players, its name says ${players}`;
  }
  return undefined;
}

/** `BoardType.HEX8`, `sq8` and `square8` are words of one cluster for two boards. */
function plainBoard(board: string): string {
  const bare = board.toLowerCase().replace(/^.*\./, '');
  return bare.replace(/^sq(?=\d)/, 'square').replace(/^hex$/, 'hexagonal');
}

function parseLine(line: string): Container {
  const [verdict, board = '', players = '', ...detail] = line.split('\t');
  if (verdict !== 'whole' && verdict !== 'broken')
    throw new Fault('parse', 'the answer about a container cannot be read');
  return {
    whole: verdict === 'whole',
    board: board === '' ? null : board.slice(0, 60),
    players: /^\d{1,3}$/.test(players) ? Number(players) : null,
    detail: detail.join(' ').slice(0, 300),
  };
}

/*
 * A stack machine that knows how dicts, texts and numbers are made and takes everything else for an unknown thing: enough to
 * read the metadata of a checkpoint, and unable to run anything. No apostrophe in it: it stands in a quoted shell word.
 */
const READER = `
import pickletools, re, sys, zipfile
MARK = object()
def metadata(data):
    stack, memo = [], {}
    def cut():
        at = len(stack) - 1 - next(i for i, x in enumerate(reversed(stack)) if x is MARK)
        items = stack[at + 1:]
        del stack[at:]
        return items
    def fill(items):
        if isinstance(stack[-1], dict):
            for key, value in zip(items[::2], items[1::2]):
                if isinstance(key, str): stack[-1][key] = value
    for op, arg, pos in pickletools.genops(data):
        name = op.name
        before, after = op.stack_before, op.stack_after
        if name in ("PROTO", "FRAME", "STOP"): continue
        if name == "MARK": stack.append(MARK)
        elif name == "EMPTY_DICT": stack.append({})
        elif name == "DICT":
            items = cut()
            stack.append({})
            fill(items)
        elif name == "SETITEM":
            value, key = stack.pop(), stack.pop()
            fill([key, value])
        elif name == "SETITEMS": fill(cut())
        elif name == "MEMOIZE": memo[len(memo)] = stack[-1]
        elif name in ("PUT", "BINPUT", "LONG_BINPUT"): memo[arg] = stack[-1]
        elif name in ("GET", "BINGET", "LONG_BINGET"): stack.append(memo.get(arg))
        elif not before and len(after) == 1 and after[0].name in ("str", "int", "int_or_bool") and type(arg) in (str, int): stack.append(arg)
        else:
            if pickletools.markobject in before:
                cut()
                count = before.index(pickletools.markobject)
            else: count = len(before)
            if count: del stack[-count:]
            stack.extend([None] * len(after))
    top = stack[-1] if stack and isinstance(stack[-1], dict) else {}
    found = top.get("_versioning_metadata")
    return found if isinstance(found, dict) else {}
def look(name):
    if open(name, "rb").read(4) != b"PK\\x03\\x04": return "broken", {}, "it does not begin as a zip"
    with zipfile.ZipFile(name) as archive:
        bad = archive.testzip()
        if bad is not None: return "broken", {}, "a checksum inside is wrong"
        pickles = [i for i in archive.infolist() if i.filename.count("/") == 1 and i.filename.endswith("/data.pkl")]
        if len(pickles) != 1: return "broken", {}, "there is no data.pkl in it"
        if pickles[0].file_size > 1 << 26: return "whole", {}, "every checksum inside is right; metadata too long to read"
        try: found = metadata(archive.read(pickles[0]))
        except Exception: return "broken", {}, "its data.pkl is no pickle"
        return "whole", found, "every checksum inside is right"
def clean(value): return re.sub(r"[^ -~]", "?", str(value))[:60] if type(value) in (str, int) else ""
for name in sys.argv[1:]:
    try: verdict, found, detail = look("./" + name)
    except OSError as error: verdict, found, detail = "broken", {}, "it cannot be read: " + str(error.strerror)
    except Exception: verdict, found, detail = "broken", {}, "it is no whole zip"
    print(verdict, clean(found.get("board_type")), clean(found.get("num_players")), detail, sep="\\t")
`;

const SCRIPT = `${shellStart}${shellEnter}
enter "$1" "$2"
shift 2
if command -v python3 >/dev/null 2>&1 && python3 -I -c 'import zipfile, pickletools' 2>/dev/null; then
  exec python3 -I -c '${READER}' "$@"
fi
plain() {
  set -- "./$1" "$(od -An -tx1 -N4 "./$1" | tr -d ' \\n')" "$(tail -c 22 "./$1" | od -An -tx1 -N4 | tr -d ' \\n')"
  if [ "$2" != 504b0304 ]; then printf 'broken\\t\\t\\tit does not begin as a zip\\n'
  elif [ "$3" != 504b0506 ]; then printf 'broken\\t\\t\\tits end is missing\\n'
  elif ! command -v unzip >/dev/null 2>&1; then printf 'whole\\t\\t\\tbegin and end are right; nothing there to test the checksums inside\\n'
  elif unzip -tqq "$1" </dev/null >/dev/null 2>&1; then printf 'whole\\t\\t\\tevery checksum inside is right; metadata not read (no python3)\\n'
  else printf 'broken\\t\\t\\ta checksum inside is wrong\\n'
  fi
}
for name do plain "$name"; done
`;
