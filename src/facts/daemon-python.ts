import { z } from 'zod';
import type { Fact } from '../contract/fact.ts';
import { Fault } from '../domain/fault.ts';
import { shellEnter, shellStart } from './shell.ts';

/** What the runbook's own call answers. `absent`: the names it uses are not there. A fresh instance counts from zero, so its counters say nothing. */
export type DaemonPython =
  | { readonly kind: 'absent'; readonly detail: string }
  | { readonly kind: 'raised'; readonly detail: string }
  | {
      readonly kind: 'answer';
      readonly healthy: boolean | null;
      readonly pending: number | null;
      readonly failedLastHour: number | null;
    };

const Text = z.string().transform((text) => text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').slice(0, 300));
const Answer = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('absent'), detail: Text }),
  z.strictObject({ kind: z.literal('raised'), detail: Text }),
  z.strictObject({
    kind: z.literal('answer'),
    healthy: z.boolean().nullable(),
    pending: z.int().nullable(),
    failedLastHour: z.int().nullable(),
  }),
]);
const MARK = 'MEDIC ';
/** How long the cluster's code may take for its answer. */
const PATIENCE_S = 20;

/** Asks `get_distribution_daemon().health_check()` below `root`, as the runbook does: every name is looked up before it is used, nothing is started. */
export function daemonPython(root: string, patienceS = PATIENCE_S): Fact<DaemonPython> {
  return {
    name: 'daemon-python',
    script: SCRIPT,
    args: [root, String(patienceS)],
    timeoutMs: 60_000,
    outputBytesMax: 1_000_000,
    parse({ code, stdout, stderr }) {
      const said = stderr.trim().split('\n').at(-1)?.slice(0, 200) ?? '';
      if (code === 10) throw new Fault('no_folder', said);
      if (code === 11) throw new Fault('no_tool', said);
      // Importing the cluster's code may print anything before.
      const line = Buffer.from(stdout)
        .toString('utf8')
        .split('\n')
        .findLast((text) => text.startsWith(MARK));
      if (line === undefined) throw new Fault('parse', `the Python call ended with ${code} and no answer: ${said}`);
      try {
        return Answer.parse(JSON.parse(line.slice(MARK.length)));
      } catch {
        throw new Fault('parse', 'the answer of the Python call cannot be read');
      }
    },
  };
}

/* It stands in a quoted shell word: no apostrophe in it. */
const PROGRAM = `
import asyncio, inspect, json, os, signal, sys
sys.path.insert(0, ".")
def out(**answer):
    print("\\n${MARK}" + json.dumps(answer), flush=True)
    raise SystemExit(0)
def words(e): return "%s: %s" % (type(e).__name__, str(e)[:200])
def number(x): return x if isinstance(x, int) and not isinstance(x, bool) else None
async def wait(x): return await x
def late(*_):
    # The code that hangs may catch what is raised in it, so the process ends here.
    print("\\n${MARK}" + json.dumps(dict(kind="raised", detail="no answer within %s s" % sys.argv[1])), flush=True)
    os._exit(0)
signal.signal(signal.SIGALRM, late)
signal.alarm(int(sys.argv[1]))
try:
    import app.coordination.unified_distribution_daemon as module
except ModuleNotFoundError as e: out(kind="absent", detail=words(e))
except BaseException as e: out(kind="raised", detail=words(e))
get = getattr(module, "get_distribution_daemon", None)
if not callable(get): out(kind="absent", detail="no get_distribution_daemon there")
try:
    daemon = get()
    ask = getattr(daemon, "health_check", None)
    if not callable(ask): out(kind="absent", detail="the daemon has no health_check")
    health = ask()
    if inspect.isawaitable(health): health = asyncio.run(wait(health))
    def field(name): return health.get(name) if isinstance(health, dict) else getattr(health, name, None)
    healthy = field("is_healthy")
    if callable(healthy): healthy = healthy()
    if not isinstance(healthy, bool): healthy = field("healthy")
    details = field("details")
    get_detail = details.get if isinstance(details, dict) else lambda name: None
    answer = dict(kind="answer", healthy=healthy if isinstance(healthy, bool) else None,
        pending=number(get_detail("pending_distributions")), failedLastHour=number(get_detail("failed_last_hour")))
except SystemExit: raise
except BaseException as e: out(kind="raised", detail=words(e))
out(**answer)
`;

const SCRIPT = `${shellStart}${shellEnter}
resolve "$1"
cd -P "$folder/" 2>/dev/null || fail 10 'the folder of the cluster cannot be entered'
python=python3
[ ! -x ./venv/bin/python ] || python=./venv/bin/python
command -v "$python" >/dev/null 2>&1 || fail 11 'no python3 there'
export PYTHONDONTWRITEBYTECODE=1
ulimit -t 50 2>/dev/null
exec "$python" -c '${PROGRAM}' "$2" </dev/null
`;
