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

/** Asks the coordinator's own HTTP status, from the coordinator itself. */
export function daemonStatus(port: number): Fact<DaemonStatus> {
  return {
    name: 'daemon-status',
    script: SCRIPT,
    args: [String(port)],
    timeoutMs: 20_000,
    outputBytesMax: 1_000_000,
    parse({ code, stdout, stderr }) {
      const said = stderr.trim().split('\n')[0]?.slice(0, 200) ?? '';
      if (code === 11) throw new Fault('no_tool', said);
      if (code === 21) throw new Fault('refused', `nothing listens on port ${port} there`);
      if (code === 22) throw new Fault('timeout', `port ${port} gave no answer in time`);
      if (code !== 0) throw new Fault('parse', `port ${port}: ${said}`);
      return statusFrom(Buffer.from(stdout).toString('utf8'), port);
    },
  };
}

function statusFrom(text: string, port: number): DaemonStatus {
  const answer = Answer.safeParse(jsonOf(text));
  if (!answer.success) throw new Fault('parse', `port ${port} answers with something that is no daemon status`);
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
url=http://127.0.0.1:$1/status
if command -v curl >/dev/null 2>&1; then
  curl -q -sS --noproxy '*' --proto =http --max-redirs 0 --max-time 8 --max-filesize 900000 --fail "$url"
  code=$?
  case $code in 0) exit 0 ;; 7) exit 21 ;; 28) exit 22 ;; *) exit 23 ;; esac
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
