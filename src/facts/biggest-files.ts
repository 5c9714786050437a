import type { Fact } from '../contract/fact.ts';
import { Fault } from '../domain/fault.ts';
import { shellEnter, shellStart } from './shell.ts';

/** What takes most space in a folder, one level deep, largest first. */
export type Biggest = readonly { readonly name: string; readonly bytes: number }[];

const COUNT = 5;

/** Asks what fills a folder (`folderId` as a survey told it, or `any`), on its own file system; asked only of a disk that is nearly full. What takes too long to add up is left out. */
export function biggestFiles(dir: string, folderId: string): Fact<Biggest> {
  return {
    name: 'biggest-files',
    script: SCRIPT,
    args: [dir, folderId, String(COUNT)],
    timeoutMs: 60_000,
    outputBytesMax: 100_000,
    parse({ code, stdout, stderr }) {
      const lines = Buffer.from(stdout).toString('utf8').split('\n').slice(0, -1);
      if (code !== 0) throw new Fault('parse', `nobody can tell what fills the folder: ${stderr.trim().slice(0, 200)}`);
      return lines.flatMap((line) => {
        // A name with a line break leaves a line that is none; the rest of the answer still holds.
        const [, size, name] = /^(\d+)\t\.\/(.+)$/.exec(line) ?? [];
        return size === undefined || name === undefined ? [] : [{ name, bytes: Number(size) * 1024 }];
      });
    },
  };
}

/* The folder's own line, which du puts last, is cut off by its name. */
const SCRIPT = `${shellStart}${shellEnter}
enter "$1" "$2"
limit=
if command -v timeout >/dev/null 2>&1; then limit='timeout 20'; fi
$limit find . ! -name . -prune -exec du -xsk {} + 2>/dev/null | sort -rn | head -n "$3"
`;
