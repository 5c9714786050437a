import { z } from 'zod';
import type { Fact } from '../contract/fact.ts';
import type { Sha256 } from '../domain/digest.ts';
import { Fault } from '../domain/fault.ts';
import { shellEnter, shellStart } from './shell.ts';
import { shellTorch } from './shell-torch.ts';

/** How loading one file ended. `other`: its bytes are not those that were asked for, so it was not loaded. */
export type Loaded = {
  readonly result: 'loaded' | 'other' | 'refused' | 'torch_too_old' | 'died';
  readonly torch: string | null;
  readonly detail: string;
};

/** By file name; `no_torch`: no Python of the node has torch. */
export type LoadAnswer = 'no_torch' | ReadonlyMap<string, Loaded>;

const Text = z.string().transform((text) => text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').slice(0, 300));
const Line = z.strictObject({
  result: z.enum(['loaded', 'other', 'refused', 'torch_too_old', 'died']),
  torch: Text.nullable(),
  detail: Text,
});
const MARK = 'MEDIC ';

/**
 * A probe: loads files with the node's own torch, weights only, each in a process of its own with limits, low priority and, where the
 * system allows it, no network. What is loaded are the very bytes that were hashed, and only where that is the digest asked for.
 */
export function modelLoad(
  place: { readonly root: string; readonly venv: string | null; readonly dir: string; readonly folderId: string },
  files: readonly { readonly name: string; readonly digest: Sha256 }[],
): Fact<LoadAnswer> {
  return {
    name: 'model-load',
    script: SCRIPT,
    args: [
      place.root,
      place.venv ?? '',
      place.dir,
      place.folderId,
      ...files.flatMap(({ name, digest }) => [name, digest]),
    ],
    timeoutMs: 900_000,
    outputBytesMax: 1_000_000,
    parse({ code, stdout, stderr }) {
      const said = stderr.trim().split('\n').at(-1)?.slice(0, 200) ?? '';
      if (code === 10) throw new Fault('no_folder', said);
      if (code === 11) throw new Fault('no_tool', said);
      const lines = Buffer.from(stdout)
        .toString('utf8')
        .split('\n')
        .filter((line) => line.startsWith(MARK));
      if (lines[0] === `${MARK}no torch`) return 'no_torch';
      if (code !== 0 || lines.length !== files.length)
        throw new Fault('parse', `models could not be loaded to the end: ${said}`);
      return new Map(files.map(({ name }, index) => [name, lineOf(lines[index] ?? '')]));
    },
  };
}

function lineOf(line: string): Loaded {
  try {
    return Line.parse(JSON.parse(line.slice(MARK.length)));
  } catch {
    throw new Fault('parse', 'the answer about a model that was loaded cannot be read');
  }
}

/* It stands in a quoted shell word: no apostrophe in it. */
const PROGRAM = `
import hashlib, io, json, sys, warnings
warnings.simplefilter("ignore")
name, wanted = sys.argv[1], sys.argv[2]
def out(result, detail, torch=None):
    print("\\n${MARK}" + json.dumps({"result": result, "torch": torch, "detail": str(detail)[:300]}), flush=True)
    raise SystemExit(0)
with open(name, "rb") as file: data = file.read()
digest = hashlib.sha256(data).hexdigest()
if digest != wanted: out("other", "it has " + digest)
try: import torch
except BaseException as e: out("died", "importing torch: %s: %s" % (type(e).__name__, e))
version = str(getattr(torch, "__version__", "of no version"))
try:
    loaded = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    keys = list(loaded.keys())[:5] if hasattr(loaded, "keys") else []
    out("loaded", "%s: %s" % (type(loaded).__name__, ", ".join(str(key)[:40] for key in keys)), version)
except SystemExit: raise
except TypeError as e: out("torch_too_old" if "weights_only" in str(e) else "refused", e, version)
except BaseException as e:
    words = " ".join(str(e).split())
    out("torch_too_old" if "maximum supported version" in words else "refused", "%s: %s" % (type(e).__name__, words), version)
`;

const SCRIPT = `${shellStart}${shellEnter}${shellTorch}
root=$1 venv=$2
enter "$3" "$4"
shift 4
torch_of "$root" "$venv"
[ -n "$any" ] || fail 11 'no python3 there'
if [ -z "$python" ]; then
  printf '${MARK}no torch\\n'
  exit 0
fi
confine
while [ $# -ge 2 ]; do
  said=$($jail nice -n 19 "$python" -I -c '${PROGRAM}' "./$1" "$2" </dev/null | grep '^${MARK}' | tail -n 1)
  printf '%s\\n' "\${said:-${MARK}{\\"result\\": \\"died\\", \\"torch\\": null, \\"detail\\": \\"the process ended without an answer\\"\\}}"
  shift 2
done
`;
