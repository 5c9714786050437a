import type { Fact } from '../contract/fact.ts';
import { Sha256 } from '../domain/digest.ts';
import { Fault } from '../domain/fault.ts';
import { shellDigest, shellEnter, shellStart, shellState } from './shell.ts';

/** The sha256 of a file, and the state token (inode, size, mtime) that it had before and after it was read. */
export type FileDigest = { readonly digest: Sha256; readonly token: string };

/** By file name; `changed`: the file was written or replaced while it was read, so nothing is known about it. */
export type FileDigests = ReadonlyMap<string, FileDigest | 'changed'>;

const TIMEOUT_MS = 900_000;
const OUTPUT_BYTES_MAX = 100_000;

/** Asks for the sha256 of regular files in one round trip; `dir` absolute or `~/…`, `folderId` as a survey told it, names bare. */
export function fileDigests(dir: string, folderId: string, names: readonly string[]): Fact<FileDigests> {
  return {
    name: 'file-digests',
    script: SCRIPT,
    args: [dir, folderId, ...names],
    timeoutMs: TIMEOUT_MS,
    outputBytesMax: OUTPUT_BYTES_MAX,
    parse: (answer) => {
      if (answer.code === 11) throw new Fault('no_tool', answer.stderr.trim().slice(0, 200));
      if (answer.code === 13) throw new Fault('permission', answer.stderr.trim().slice(0, 200));
      const lines = Buffer.from(answer.stdout).toString('utf8').split('\n').slice(0, -1);
      if (answer.code !== 0 || lines.length !== names.length) {
        throw new Fault('parse', `files could not be read to the end: ${answer.stderr.trim().slice(0, 200)}`);
      }
      return new Map(names.map((name, index) => [name, parseLine(lines[index] ?? '', name)]));
    },
  };
}

function parseLine(line: string, name: string): FileDigest | 'changed' {
  if (line === 'changed') return 'changed';
  const [digest = '', token = ''] = line.split(' ');
  if (!Sha256.safeParse(digest).success || !token.startsWith('file:')) {
    throw new Fault('parse', `the sha256 of ${name} cannot be read`);
  }
  return { digest, token };
}

const SCRIPT = `${shellStart}${shellEnter}${shellState}${shellDigest}
enter "$1" "$2"
shift 2
for name do
  look "$name"
  before=$state
  case $state in file:*) ;; *) printf 'changed\\n'; continue ;; esac
  [ -r "./$name" ] || fail 13 "$name may not be read"
  digest "$name"
  look "$name"
  if [ "$state" = "$before" ]; then printf '%s %s\\n' "$sum" "$state"; else printf 'changed\\n'; fi
done
`;
