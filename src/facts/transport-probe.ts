import type { Fact } from '../contract/fact.ts';
import { Fault } from '../domain/fault.ts';
import { shellEnter, shellStart } from './shell.ts';

/** What a megabyte written on the node did, and what the source answered it over HTTP; undefined: no address was given. */
export type TransportProbe = {
  readonly written: 'whole' | { readonly trouble: string };
  readonly source: { readonly status: number; readonly ms: number } | { readonly trouble: string } | undefined;
};

/** Writes one megabyte under a temporary name of ours in the models folder, takes it away again, and asks an address for one byte. */
export function transportProbe(dir: string, folderId: string, url: string | undefined): Fact<TransportProbe> {
  return {
    name: 'transport-probe',
    writes: true,
    script: SCRIPT,
    args: [dir, folderId, url === undefined ? '' : url.replace(/["\\]/g, '\\$&')],
    timeoutMs: 60_000,
    outputBytesMax: 20_000,
    parse({ code, stdout, stderr }) {
      const said = stderr.trim().split('\n').at(-1)?.slice(0, 200) ?? '';
      if (code === 10) throw new Fault('no_folder', said);
      const [written = '', source = '', end] = Buffer.from(stdout).toString('utf8').split('\n');
      if (code !== 0 || end !== '') throw new Fault('parse', `the probe did not come to its end: ${said}`);
      return { written: written === 'whole' ? 'whole' : { trouble: written.slice(0, 200) }, source: sourceOf(source) };
    },
  };
}

/** curl's own words may hold the address, which no channel is to see. */
const CURL: Readonly<Record<string, string>> = {
  6: 'its name does not resolve',
  7: 'nothing listens there, or the way is closed',
  28: 'no answer in time',
  35: 'TLS does not come about',
  60: 'its certificate is not trusted',
};

function sourceOf(line: string): TransportProbe['source'] {
  if (line === '') return undefined;
  const [, status, seconds] = /^(\d{3}) (\d+[.,]\d+)$/.exec(line) ?? [];
  const [, code] = /^curl (\d+)$/.exec(line) ?? [];
  if (code !== undefined) return { trouble: CURL[code] ?? `curl ended with ${code}` };
  if (status === undefined || seconds === undefined) return { trouble: line.slice(0, 200) };
  return { status: Number(status), ms: Math.round(Number(seconds.replace(',', '.')) * 1_000) };
}

/** One megabyte from the node, so that its way here can be timed. */
export function oneMegabyte(): Fact<number> {
  return {
    name: 'one-megabyte',
    script: 'head -c 1000000 /dev/urandom',
    args: [],
    timeoutMs: 120_000,
    outputBytesMax: 1_100_000,
    parse({ code, stdout }) {
      if (code !== 0 || stdout.length !== 1_000_000) throw new Fault('parse', 'the node could not send one megabyte');
      return stdout.length;
    },
  };
}

/* curl reads the address from its standard input, so no process list shows it. */
const SCRIPT = `${shellStart}${shellEnter}
enter "$1" "$2"
temporary=
trap '[ -z "$temporary" ] || rm -f "./$temporary"' EXIT
trap 'exit 1' HUP INT TERM
temporary=.medic-$(od -An -tx1 -N16 /dev/urandom | tr -d ' \\n')
[ \${#temporary} -eq 39 ] || fail 1 'no random numbers on this node'
if trouble=$( (set -C; head -c 1000000 /dev/zero >"./$temporary") 2>&1) && [ "$(wc -c <"./$temporary" | tr -d ' ')" = 1000000 ]; then
  echo whole
else printf '%s\\n' "could not write: $(printf '%s' "$trouble" | tr -c '[:print:]' ' ')"
fi
rm -f "./$temporary"
if [ -z "$3" ]; then echo
elif ! command -v curl >/dev/null 2>&1; then echo 'no curl there to ask with'
else
  answer=$(printf 'url = "%s"\\n' "$3" | curl -q -sS -K - --noproxy '*' --max-redirs 0 --connect-timeout 5 --max-time 15 -r 0-0 -o /dev/null -w '%{http_code} %{time_total}' 2>/dev/null) || answer="curl $?"
  printf '%s\\n' "$answer"
fi
`;
