import type { Fact } from '../contract/fact.ts';
import { Fault } from '../domain/fault.ts';
import { type LogLine, parseLog } from '../domain/log-lines.ts';
import { shellEnter, shellStart } from './shell.ts';

/** The last part of a log; `lines` are those of the window that was asked about, oldest first. */
export type LogRead = { readonly path: string; readonly there: boolean; readonly lines: readonly LogLine[] };

/** All logs as one round trip read them, and the clock that wrote them (epoch milliseconds). */
export type DistributionLogs = { readonly nowMs: number; readonly logs: readonly LogRead[] };

const TAIL_BYTES = 400_000;

/** Reads the last lines of logs below `root`; times without a zone are the node's own. */
export function distributionLogs(root: string, paths: readonly string[], windowS: number): Fact<DistributionLogs> {
  return {
    name: 'distribution-logs',
    script: SCRIPT,
    args: [root, String(TAIL_BYTES), String(windowS), ...paths],
    timeoutMs: 60_000,
    outputBytesMax: (TAIL_BYTES + 1_000) * (paths.length + 1),
    parse({ code, stdout, stderr }) {
      const fields = Buffer.from(stdout).toString('utf8').split('\0');
      const [clock = '', zone = '', ...parts] = fields;
      const [, sign, hours, minutes] = /^([+-])(\d\d)(\d\d)$/.exec(zone) ?? [];
      if (code !== 0 || fields.at(-2) !== 'whole' || sign === undefined || !/^\d+$/.test(clock))
        throw new Fault('parse', `the logs could not be read: ${stderr.trim().slice(0, 200)}`);
      const offsetMinutes = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
      const nowMs = Number(clock) * 1_000;
      const sinceMs = nowMs - windowS * 1_000;
      const logs = paths.map((path, index): LogRead => {
        const there = parts[index * 2] === 'yes';
        const lines = parseLog(parts[index * 2 + 1] ?? '', offsetMinutes).filter(({ atMs }) => atMs >= sinceMs);
        return { path, there, lines };
      });
      return { nowMs, logs };
    },
  };
}

/* NUL bytes of a torn log would end a field, so they are dropped. */
const SCRIPT = `${shellStart}${shellEnter}
resolve "$1"
bytes=$2
shift 3
printf '%s\\0' "$(date +%s)" "$(date +%z)"
for path do
  if [ -f "$folder/$path" ] && [ -r "$folder/$path" ]; then
    printf 'yes\\0'
    tail -c "$bytes" "$folder/$path" | tr -d '\\000'
    printf '\\0'
  else
    printf 'no\\0\\0'
  fi
done
printf 'whole\\0'
`;
