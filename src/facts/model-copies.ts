import type { Fact } from '../contract/fact.ts';
import { Sha256 } from '../domain/digest.ts';
import { Fault } from '../domain/fault.ts';
import { shellDigest, shellEnter, shellStart } from './shell.ts';

/** A file that holds, or may hold, a model's bytes; `file` is the name that was asked about, `path` relative to the folder. */
export type FoundCopy = {
  readonly file: string;
  readonly path: string;
  readonly digest: Sha256;
  readonly bytes: number;
  readonly mtimeS: number;
};

const FIELDS = 5;

/** Asks for every copy of these files: the name itself, a backup beside it, and what lies in quarantine. Links are not followed. */
export function modelCopies(dir: string, files: readonly string[]): Fact<readonly FoundCopy[]> {
  return {
    name: 'model-copies',
    script: SCRIPT,
    args: [dir, ...files],
    timeoutMs: 900_000,
    outputBytesMax: 500_000,
    parse({ code, stdout, stderr }) {
      const said = stderr.trim().slice(0, 200);
      if (code === 10) throw new Fault('no_folder', said);
      if (code === 11) throw new Fault('no_tool', said);
      const fields = Buffer.from(stdout).toString('utf8').split('\0');
      if (code !== 0 || fields.at(-2) !== 'whole' || (fields.length - 2) % FIELDS !== 0)
        throw new Fault('parse', `copies could not be listed to the end: ${said}`);
      return copiesOf(fields.slice(0, -2));
    },
  };
}

function copiesOf(fields: readonly string[]): FoundCopy[] {
  const copies: FoundCopy[] = [];
  for (let at = 0; at < fields.length; at += FIELDS) {
    const [file = '', path = '', sum, size = '', mtime = ''] = fields.slice(at);
    const digest = Sha256.safeParse(sum);
    if (!digest.success || !/^\d+$/.test(size) || !/^-?\d+$/.test(mtime))
      throw new Fault('parse', `a copy of ${file} cannot be read`);
    copies.push({ file, path, digest: digest.data, bytes: Number(size), mtimeS: Math.max(0, Number(mtime)) });
  }
  return copies;
}

const SCRIPT = `${shellStart}${shellEnter}${shellDigest}
enter "$1" any
shift
for name do
  for path in "$name" "\${name%.*}.backup.\${name##*.}" "$name.bak" \\
    .medic/quarantine/*/"$name.kept" .medic/quarantine/*/"$name.undone"; do
    if [ -L "./$path" ] || [ ! -f "./$path" ] || [ ! -r "./$path" ]; then continue; fi
    numbers=$(stat -c '%s %Y' "./$path" 2>/dev/null) || numbers=$(stat -f '%z %m' "./$path" 2>/dev/null) || continue
    digest "$path"
    printf '%s\\0' "$name" "$path" "$sum" "\${numbers% *}" "\${numbers#* }"
  done
done
printf '%s\\0' whole
`;
