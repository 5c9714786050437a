import type { Action } from '../contract/action.ts';
import type { Argv } from '../domain/plan.ts';
import { shellEnter, shellStart } from '../facts/shell.ts';

/** What the distribution daemon is asked to send. */
export type DaemonWish = {
  /** The cluster's own folder on the coordinator. */
  readonly root: string;
  /** The daemon manager's HTTP port; 0: none. */
  readonly port: number;
  /** The model file as the daemon knows it, such as `models/canonical_hex8_2p.pth`. */
  readonly path: string;
  readonly nodes: readonly string[];
};

/* It stands in a quoted shell word: no apostrophe in it. Its answer goes to file 3, since importing the cluster's code may print anything. */
const PROGRAM = `
import asyncio, inspect, json, os, sys, urllib.error, urllib.request
sys.path.insert(0, ".")
port, path, nodes = int(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])
def end(code, text):
    os.write(3, (" ".join(text.split())[:300] + "\\n").encode())
    os._exit(code)
def words(e): return "%s: %s" % (type(e).__name__, str(e)[:200])
async def wait(x): return await x
def fits(call, **given):
    try: inspect.signature(call).bind(**given)
    except (TypeError, ValueError): return False
    return True
def asked():
    try: import app.coordination.unified_distribution_daemon as module
    except ModuleNotFoundError: return False
    get = getattr(module, "get_distribution_daemon", None)
    if not callable(get): return False
    daemon = get()
    kind = getattr(getattr(module, "DataType", None), "MODEL", None)
    file = dict(file_path=path, data_type=kind, force_transport="rsync", target_nodes=nodes)
    model = dict(model_path=path, target_nodes=nodes)
    for name, given in (("distribute_file", file), ("distribute_model", model)):
        call = getattr(daemon, name, None)
        if not callable(call) or not fits(call, **given) or (given is file and kind is None): continue
        result = call(**given)
        if inspect.isawaitable(result): result = asyncio.run(wait(result))
        if result is False: end(1, "%s answered False" % name)
        return True
    return False
try:
    if asked(): os._exit(0)
except BaseException as e: end(1, "the daemon raised " + words(e))
if port == 0: end(11, "the package has neither distribute_file nor distribute_model, and there is no HTTP port to ask")
event = dict(event_type="MODEL_UPDATED", payload=dict(model_path=path, update_type="sync_requested"), source="model-medic")
request = urllib.request.Request("http://127.0.0.1:%d/event" % port, json.dumps(event).encode(), {"Content-Type": "application/json"})
class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args): return None
try: urllib.request.build_opener(urllib.request.ProxyHandler({}), Stay).open(request, timeout=20).read(1000)
except urllib.error.HTTPError as e: end(1, "port %d answers %d to the event" % (port, e.code))
except BaseException as e: end(1, "port %d cannot be asked: %s" % (port, words(e)))
os._exit(0)
`;

/** Asks the distribution daemon for one model, by the calls of the runbook where they exist, else by its event; nothing is started. */
export const askDaemon: Action = {
  name: 'ask-daemon',
  timeoutMs: 600_000,
  script: `${shellStart}${shellEnter}
resolve "$1"
cd -P "$folder/" 2>/dev/null || fail 10 'the folder of the cluster cannot be entered'
python=python3
[ ! -x ./venv/bin/python ] || python=./venv/bin/python
command -v "$python" >/dev/null 2>&1 || fail 11 'no python3 there to ask the daemon with'
export PYTHONDONTWRITEBYTECODE=1
exec 3>&2
"$python" -c '${PROGRAM}' "$2" "$3" "$4" </dev/null >/dev/null 2>&1
`,
};

/** Argv of `ask-daemon`. */
export function askDaemonArgv({ root, port, path, nodes }: DaemonWish): Argv {
  return [askDaemon.name, root, String(port), path, JSON.stringify(nodes)];
}
