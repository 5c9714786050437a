import type { Fact } from '../contract/fact.ts';
import { Fault } from '../domain/fault.ts';
import { shellEnter, shellStart } from './shell.ts';

const TIMEOUT_MS = 30_000;
const OUTPUT_BYTES_MAX = 100_000;
/** What a user is called; anything else is no name that is worth telling. */
const OWNER = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/;

/** Asks whose these names of a models folder are (the link itself, not what it leads to); `dir` absolute or `~/…`. A name that is not there, or whose owner has none, is absent from the answer. */
export function nameOwners(dir: string | null, names: readonly string[]): Fact<ReadonlyMap<string, string>> {
  if (dir === null) throw new Fault('no_folder', 'the inventory gives this node no models folder');
  return {
    name: 'name-owners',
    script: SCRIPT,
    args: [dir, ...names],
    timeoutMs: TIMEOUT_MS,
    outputBytesMax: OUTPUT_BYTES_MAX,
    parse({ code, stdout, stderr }) {
      const lines = Buffer.from(stdout).toString('utf8').split('\n').slice(0, -1);
      if (code !== 0 || lines.length !== names.length)
        throw new Fault('parse', `nobody can tell whose the names are: ${stderr.trim().slice(0, 200)}`);
      return new Map(
        names.flatMap((name, index) => {
          const owner = lines[index] ?? '';
          return OWNER.test(owner) && owner !== 'UNKNOWN' ? [[name, owner] as const] : [];
        }),
      );
    },
  };
}

const SCRIPT = `${shellStart}${shellEnter}
enter "$1" any
shift
for name do
  owner=$(stat -c %U "./$name" 2>/dev/null || stat -f %Su "./$name" 2>/dev/null) || owner=
  printf '%s\\n' "$owner"
done
`;
