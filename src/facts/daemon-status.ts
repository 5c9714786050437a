import { z } from 'zod';
import type { Fact } from '../contract/fact.ts';
import { Fault } from '../domain/fault.ts';
import { shellStart } from './shell.ts';

/** What the daemon manager says over HTTP; null: it does not say. Parsed leniently: real answers hold words where flags should be. */
export type DaemonStatus = {
  readonly state: string | null;
  readonly restarts: number | null;
  readonly managerRuns: boolean | null;
};

const DAEMON = 'model_distribution';
const Daemon = z.object({ state: z.string().nullish().catch(null), restart_count: z.int().nullish().catch(null) });
const Answer = z.object({
  running: z.boolean().nullish().catch(null),
  daemons: z.record(z.string(), z.unknown()).nullish().catch(null),
});

/** Asks the daemon's HTTP status: at a port of the machine that is asked, or at an address that it reaches. */
export function daemonStatus(where: number | string): Fact<DaemonStatus> {
  const url = typeof where === 'number' ? `http://127.0.0.1:${where}/status` : where;
  const name = typeof where === 'number' ? `port ${where}` : 'the address';
  return {
    name: 'daemon-status',
    script: SCRIPT,
    args: [url],
    timeoutMs: 20_000,
    outputBytesMax: 1_000_000,
    parse({ code, stdout, stderr }) {
      const said = stderr.trim().split('\n')[0]?.replaceAll(url, name).slice(0, 200) ?? '';
      if (code === 11) throw new Fault('no_tool', said);
      if (code === 20) throw new Fault('dns', `the host of ${name} has no address`);
      if (code === 21) throw new Fault('refused', `nothing listens on ${name} there`);
      if (code === 22) throw new Fault('timeout', `${name} gave no answer in time`);
      // What curl says of a failure names the host, and addresses stay out of channels.
      if (code !== 0)
        throw new Fault('parse', typeof where === 'number' ? `${name}: ${said}` : `${name} gave no status`);
      return statusFrom(Buffer.from(stdout).toString('utf8'), name);
    },
  };
}

function statusFrom(text: string, name: string): DaemonStatus {
  const answer = Answer.safeParse(jsonOf(text));
  if (!answer.success) throw new Fault('parse', `${name} answers with something that is no daemon status`);
  const { running = null, daemons } = answer.data;
  const daemon = Daemon.safeParse(daemons?.[DAEMON]);
  if (!daemon.success) return { state: null, restarts: null, managerRuns: running };
  return { state: daemon.data.state ?? null, restarts: daemon.data.restart_count ?? null, managerRuns: running };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const SCRIPT = `${shellStart}
url=$1
if command -v curl >/dev/null 2>&1; then
  curl -q -sS --noproxy '*' --proto =http,https --globoff --max-redirs 0 --max-time 8 --max-filesize 900000 --fail "$url"
  code=$?
  case $code in 0) exit 0 ;; 6) exit 20 ;; 7) exit 21 ;; 28) exit 22 ;; *) exit 23 ;; esac
elif command -v python3 >/dev/null 2>&1; then
  exec python3 -I -c '
import socket, sys, urllib.error, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
try: sys.stdout.buffer.write(opener.open(sys.argv[1], timeout=8).read(900000))
except urllib.error.HTTPError as e: sys.exit("it answers %d" % e.code)
except urllib.error.URLError as e: sys.exit(21 if isinstance(e.reason, ConnectionRefusedError) else 22)
except (TimeoutError, socket.timeout): sys.exit(22)' "$url"
else fail 11 'no curl and no python3 to ask with'
fi
`;
