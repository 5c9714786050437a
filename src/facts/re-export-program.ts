import { shellTorch } from './shell-torch.ts';

/** Begins the line in which the program answers. */
export const RE_EXPORT_MARK = 'MEDIC ';

/*
 * Loads the very bytes that have the digest asked for, weights only, saves them in the zip format, loads that back and compares every
 * value. What it makes is the same each time with the same torch, so a plan can name its digest. It stands in a quoted shell word: no
 * apostrophe in it.
 */
const PROGRAM = `
import hashlib, io, json, sys, warnings
warnings.simplefilter("ignore")
name, wanted, target = sys.argv[1], sys.argv[2], sys.argv[3]
def out(**answer):
    print("\\n${RE_EXPORT_MARK}" + json.dumps(answer), flush=True)
    raise SystemExit(0)
def words(e): return "%s: %s" % (type(e).__name__, " ".join(str(e).split())[:250])
with open(name, "rb") as file: data = file.read()
if hashlib.sha256(data).hexdigest() != wanted: out(result="refused", detail="the file is not the one that was looked at")
try: import torch
except BaseException as e: out(result="died", detail="importing torch: " + words(e))
def load(data): return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
def same(a, b):
    if type(a) is not type(b): return False
    if isinstance(a, torch.Tensor):
        if a.shape != b.shape or a.dtype != b.dtype: return False
        return bool(((a == b) | ((a != a) & (b != b))).all())
    if isinstance(a, dict): return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)): return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b))
    return a == b or (a != a and b != b)
try: first = load(data)
except BaseException as e: out(result="refused", detail=words(e))
try:
    buffer = io.BytesIO()
    torch.save(first, buffer)
    made = buffer.getvalue()
    if not made.startswith(b"PK"): out(result="refused", detail="torch %s writes only the format that the cluster refuses" % torch.__version__)
    if not same(first, load(made)): out(result="refused", detail="what is loaded back is not what was saved")
    if target:
        with open(target, "wb") as file: file.write(made)
    out(result="made", digest=hashlib.sha256(made).hexdigest(), bytes=len(made), torch=str(torch.__version__))
except SystemExit: raise
except BaseException as e: out(result="died", detail=words(e))
`;

/** `re_export FILE DIGEST TARGET`: sets $said to the answer's line; TARGET empty: nothing is written. Needs `torch_of` and `confine` before. */
export const shellReExport = `${shellTorch}
re_export() {
  said=$($jail nice -n 19 "$python" -I -c '${PROGRAM}' "$1" "$2" "$3" </dev/null 2>/dev/null | grep '^${RE_EXPORT_MARK}' | tail -n 1)
}
`;
