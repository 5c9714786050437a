import type { Fact } from '../contract/fact.ts';
import { Fault } from '../domain/fault.ts';
import { shellStart } from './shell.ts';

/** First line of what each program says of its version; undefined: it is not there. */
export type TransportTools = { readonly rsync: string | undefined; readonly curl: string | undefined };

/** Asks which programs that bring files are there, and in what version. */
export function transportTools(): Fact<TransportTools> {
  return {
    name: 'transport-tools',
    script: SCRIPT,
    args: [],
    timeoutMs: 30_000,
    outputBytesMax: 20_000,
    parse({ code, stdout }) {
      const lines = Buffer.from(stdout).toString('utf8').split('\n');
      if (code !== 0 || lines.length !== 3) throw new Fault('parse', 'nobody can tell what programs are there');
      const [rsync, curl] = lines.map((line) => (line === '' ? undefined : line.slice(0, 80)));
      return { rsync, curl };
    },
  };
}

const SCRIPT = `${shellStart}
for tool in rsync curl; do
  line=
  if command -v "$tool" >/dev/null 2>&1; then
    line=$("$tool" --version 2>/dev/null | head -n 1 | tr -cd '[:print:]')
    line=\${line:-$tool}
  fi
  printf '%s\\n' "$line"
done
`;
