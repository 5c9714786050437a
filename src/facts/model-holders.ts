import type { Fact } from '../contract/fact.ts';
import { Sha256 } from '../domain/digest.ts';
import { Fault } from '../domain/fault.ts';
import { shellDigest, shellEnter, shellStart } from './shell.ts';

/** A process that has a model's file open or mapped. */
export type Holder = {
  readonly pid: number;
  /** The name of its program, as the system cuts it. */
  readonly program: string;
  /** Seconds since the epoch. */
  readonly startedS: number;
  readonly how: 'open' | 'mapped';
  /** The bare name that was opened. */
  readonly file: string;
  readonly inode: string;
  /** Of the bytes that it holds, whatever has the name now; null: they may not be read. */
  readonly digest: Sha256 | null;
};

export type Holders = {
  readonly holders: readonly Holder[];
  /** Processes of other users, of which nobody can tell what they hold. */
  readonly hidden: number;
};

const FIELDS = 7;

/** Asks which processes hold these files of a models folder, or files that had their names; Linux only, since nothing else tells it without a program of its own. `digests: false`: what they hold is not read. */
export function modelHolders(
  dir: string,
  folderId: string,
  files: readonly string[],
  { digests = true }: { readonly digests?: boolean } = {},
): Fact<Holders> {
  return {
    name: 'model-holders',
    script: SCRIPT,
    args: [dir, folderId, digests ? 'digests' : 'names', ...files],
    timeoutMs: 600_000,
    outputBytesMax: 1_000_000,
    parse({ code, stdout, stderr }) {
      const said = stderr.trim().split('\n').at(-1)?.slice(0, 200) ?? '';
      if (code === 10) throw new Fault('no_folder', said);
      if (code === 11) throw new Fault('no_tool', said);
      const fields = Buffer.from(stdout).toString('utf8').split('\0');
      const hidden = /^hidden (\d+)$/.exec(fields.at(-2) ?? '')?.[1];
      if (code !== 0 || hidden === undefined || (fields.length - 2) % FIELDS !== 0)
        throw new Fault('parse', `processes could not be listed to the end: ${said}`);
      return { holders: holdersOf(fields.slice(0, -2)), hidden: Number(hidden) };
    },
  };
}

function holdersOf(fields: readonly string[]): Holder[] {
  const holders: Holder[] = [];
  for (let at = 0; at < fields.length; at += FIELDS) {
    const [pid = '', program = '', started = '', how, file = '', inode = '', sum] = fields.slice(at, at + FIELDS);
    if (!/^\d+$/.test(pid) || !/^\d+$/.test(started) || (how !== 'open' && how !== 'mapped'))
      throw new Fault('parse', 'a process that holds a model cannot be read');
    const digest = Sha256.safeParse(sum);
    const base = { pid: Number(pid), program, startedS: Number(started), how, file, inode } as const;
    holders.push({ ...base, digest: digest.success ? digest.data : null });
  }
  return holders;
}

/*
 * The kernel names what a process holds by the path under which it was opened, with " (deleted)" behind it when the name has gone to
 * another file; the inode tells which file it really is. A name with a line break cannot be one of ours.
 */
const SCRIPT = `${shellStart}${shellEnter}${shellDigest}
enter "$1" "$2"
what=$3
shift 3
[ -r /proc/self/fd ] || fail 11 'no /proc that tells what processes hold'
here=$(pwd -P)
hidden=0
# tell PID HOW NAME INODE PATH
tell() {
  program=$(tr -cd '[:print:]' <"/proc/$1/comm" 2>/dev/null) || return 0
  started=$(stat -c %Y "/proc/$1" 2>/dev/null) || return 0
  sum=
  if [ "$what" = digests ] && [ -r "$5" ]; then sum=$(digest_of "$5"); fi
  printf '%s\\0' "$1" "$program" "$started" "$2" "$3" "$4" "$sum"
}
digest_of() {
  cd -P / || return 0
  digest "\${1#/}" 2>/dev/null
  printf %s "$sum"
}
# bare PATH: sets $bare to the name in the folder, empty for other paths.
bare() {
  bare=\${1% (deleted)}
  case $bare in "$here"/*) bare=\${bare#"$here"/} ;; *) bare= ;; esac
}
for process in /proc/[0-9]*; do
  if ! [ -r "$process/fd" ] || ! [ -r "$process/maps" ]; then
    [ ! -d "$process" ] || hidden=$((hidden + 1))
  fi
done
# candidates: the processes in whose open files or maps the folder is named at all.
candidates() {
  ls -l /proc/[0-9]*/fd 2>/dev/null | while IFS= read -r line; do
    case $line in
      /proc/*/fd:) of=\${line#/proc/} ;;
      *"$here/"*) echo "\${of%%/*}" ;;
    esac
  done
  grep -l -F -e "$here/" /proc/[0-9]*/maps 2>/dev/null | while IFS=/ read -r _ _ pid _; do echo "$pid"; done
}
for pid in $(candidates | sort -u); do
  process=/proc/$pid
  case $pid in *[!0-9]* | $$) continue ;; esac
  list=$(ls -l "$process/fd" 2>/dev/null) || continue
  maps=$(grep -F -e "$here/" "$process/maps" 2>/dev/null) || maps=
  for name do
    seen=
    case $list in *"/$name"*)
      for open in "$process"/fd/*; do
        path=$(readlink "$open" 2>/dev/null) || continue
        bare "$path"
        [ "$bare" = "$name" ] || continue
        inode=$(stat -L -c %i "$open" 2>/dev/null) || continue
        case " $seen " in *" $inode "*) continue ;; esac
        seen="$seen $inode"
        tell "$pid" open "$name" "$inode" "$open"
      done ;;
    esac
    case $maps in *"/$name"*)
      while read -r range _ _ _ inode path; do
        bare "$path"
        [ "$bare" = "$name" ] || continue
        case " $seen " in *" $inode "*) continue ;; esac
        seen="$seen $inode"
        tell "$pid" mapped "$name" "$inode" "$process/map_files/$range"
      done <<END
$maps
END
      ;;
    esac
  done
done
printf '%s\\0' "hidden $hidden"
`;
