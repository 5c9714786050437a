import type { Fact } from '../contract/fact.ts';
import { Sha256 } from '../domain/digest.ts';
import { Fault } from '../domain/fault.ts';
import { shellEnter, shellStart } from './shell.ts';

/** What a `.sha256` file says of its model, and its own modification time in whole seconds. */
export type Sidecar = { readonly digest: Sha256; readonly mtimeS: number };

/** Asks for the `.sha256` files beside these names; one that is absent, or holds no digest, is not in the answer. */
export function sidecars(dir: string, folderId: string, files: readonly string[]): Fact<ReadonlyMap<string, Sidecar>> {
  return {
    name: 'sidecars',
    script: SCRIPT,
    args: [dir, folderId, ...files],
    timeoutMs: 30_000,
    outputBytesMax: 100_000,
    parse({ code, stdout, stderr }) {
      const lines = Buffer.from(stdout).toString('utf8').split('\n').slice(0, -1);
      if (code !== 0 || lines.length !== files.length)
        throw new Fault('parse', `the .sha256 files could not be read: ${stderr.trim().slice(0, 200)}`);
      return new Map(
        files.flatMap((file, index) => {
          const [mtime = '', word = ''] = (lines[index] ?? '').split(' ');
          const digest = Sha256.safeParse(word.toLowerCase());
          return digest.success && /^\d+$/.test(mtime)
            ? [[file, { digest: digest.data, mtimeS: Number(mtime) }] as const]
            : [];
        }),
      );
    },
  };
}

const SCRIPT = `${shellStart}${shellEnter}
enter "$1" "$2"
shift 2
for name do
  word= time=-
  if [ -f "./$name.sha256" ] && [ ! -L "./$name.sha256" ]; then
    word=$(head -c 64 "./$name.sha256" 2>/dev/null | tr -cd 0-9a-fA-F)
    time=$(stat -c %Y "./$name.sha256" 2>/dev/null || stat -f %m "./$name.sha256" 2>/dev/null) || time=-
  fi
  printf '%s %s\\n' "$time" "$word"
done
`;
