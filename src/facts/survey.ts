import type { Fact } from '../contract/fact.ts';
import type { EntryState } from '../domain/entry-state.ts';
import { Fault } from '../domain/fault.ts';
import type { Model } from '../domain/model.ts';
import { parseSurvey, type Survey } from './survey-answer.ts';

const TIMEOUT_MS = 30_000;
const OUTPUT_BYTES_MAX = 1_000_000;

/** Asks for the state of both names of each model in a models folder (absolute or `~/…`), its disk and the node's tools. */
export function modelsSurvey(dir: string | null, models: readonly Model[]): Fact<Survey> {
  if (dir === null) throw new Fault('no_folder', 'the inventory gives this node no models folder');
  const names = [...new Set(models.flatMap(({ canonical, alias }) => [canonical, alias]))];
  return {
    name: 'models-survey',
    script: SCRIPT,
    args: [dir, ...names],
    timeoutMs: TIMEOUT_MS,
    outputBytesMax: OUTPUT_BYTES_MAX,
    parse: (answer) => parseSurvey(answer, dir, names),
  };
}

/** The state of one name; throws when the survey was not asked about it. */
export function entryOf(survey: Survey, name: string): EntryState {
  const entry = survey.entries.get(name);
  if (entry === undefined) throw new Error(`the survey was not asked about ${name}`);
  return entry;
}

/*
 * Two forks on GNU systems: df and find. Fields end with NUL. A record is: name, type, type after following links, dev:inode, size,
 * mtime, ctime, link text. Where find has no -printf the names are looked at one by one, with the stat of busybox or BSD.
 */
const SCRIPT = `
export LC_ALL=C
unset CDPATH
dir=$1
shift
case $dir in
  '~') dir=$HOME ;;
  '~/'*) dir=$HOME/\${dir#??} ;;
  /*) ;;
  *) printf 'the path is not absolute\\n' >&2; exit 3 ;;
esac
dir=\${dir%/}
tools= link=no writable=no kind=folder
for tool in rsync openssl python3 sha256sum shasum curl unzip mv; do
  command -v "$tool" && tools="$tools $tool"
done >/dev/null 2>&1
[ ! -L "$dir" ] || link=yes
if ! cd -P "$dir/" 2>/dev/null; then
  up=$dir
  while [ ! -e "$up" ] && [ ! -L "$up" ] && [ -n "$up" ]; do up=\${up%/*}; done
  if [ -L "$up" ] && [ ! -e "$up" ]; then printf 'a link on the way to the folder leads to nothing\\n' >&2; exit 4; fi
  if [ ! -d "\${up:-/}" ]; then printf 'a file is where a folder should be\\n' >&2; exit 4; fi
  if [ "$up" = "$dir" ] || ! cd -P "\${up:-/}" 2>/dev/null; then printf 'the folder may not be entered\\n' >&2; exit 5; fi
  kind=far
  [ "$up" != "\${dir%/*}" ] || kind=missing
  set --
fi
[ ! -w . ] || writable=yes
alive=0 dead=0 files=0
if [ "$kind" = folder ]; then
  for left in *; do
    case $left in *.pth) files=$((files + 1)) ;; esac
    [ -L "./$left" ] || continue
    if [ -e "./$left" ]; then alive=$((alive + 1)); else dead=$((dead + 1)); fi
  done
fi
printf '%s\\0' models-survey "$kind" "$writable" "$link" "$tools" $alive $dead $files
df -Pk .
printf '\\0'

for name do
  shift
  set -- "$@" "./$name"
done
exec 3>&1
errors=$(find . "$@" -maxdepth 0 -printf '%f\\0%y\\0%Y\\0%D:%i\\0%s\\0%T@\\0%C@\\0%l\\0' 2>&1 >&3)
status=$?
rename=no
slow=no
[ $status -le 1 ] || slow=yes
case $errors in *-printf*) slow=yes ;; esac

one() {
  type=- leads=- text= numbers=
  if [ -L "$1" ]; then
    type=l
    if [ -f "$1" ]; then leads=f
    elif [ -d "$1" ]; then leads=d
    elif [ -e "$1" ]; then leads=o
    else case $(ls -dL "$1" 2>&1) in *'evels of symbolic'*|*'link loop'*) leads=L ;; *) leads=N ;; esac
    fi
    text=$(readlink -n "$1" && printf x) || return 1
    text=\${text%x}
  elif [ -f "$1" ]; then type=f
  elif [ -d "$1" ]; then type=d
  elif [ -e "$1" ]; then type=o
  fi
  if numbers=$(stat -c '%d:%i %s %Y %y %Z %z' "$1" 2>&1); then
    set -- "$1" $numbers
    mtime=$4 ctime=$8 late=\${10}
    case $6 in *.*) mtime=$4.\${6#*.} ;; esac
    case $late in *.*) ctime=$8.\${late#*.} ;; esac
    numbers="$2 $3 $mtime $ctime"
  else
    case $numbers in *'No such file'*) ;; *) numbers=$(stat -f '%d:%i %z %Fm %Fc' "$1" 2>&1) ;; esac
    case $numbers in
      *'No such file'*) printf '%s: No such file or directory\\n' "$1" >&4; return ;;
      [0-9]*) ;;
      *) printf '%s\\n' "$numbers" >&4; return ;;
    esac
  fi
  set -- "$1" $numbers
  printf '%s\\0' "\${1#./}" "$type" "$leads" "$2" "$3" "$4" "$5" "$text"
}
if [ $slow = yes ]; then
  errors=$({ for name in . "$@"; do one "$name"; done >&3; } 4>&1)
  case "$(mv --help 2>&1)" in *-*T*|*'[-hv]'*) rename=yes ;; esac
else
  case $tools in *' mv'*) rename=yes ;; esac
fi
case $tools in *' python3'*) rename=yes ;; esac
printf '%s\\0' "$errors" "$rename" whole
`;
