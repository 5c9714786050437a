import type { Fact } from '../contract/fact.ts';
import { Fault } from '../domain/fault.ts';
import { shellEnter, shellStart, shellState } from './shell.ts';

/** `written`: the name changes under our eyes; `arriving`: a temporary of rsync beside it does; `still`: neither does. */
export type Writing = 'still' | 'written' | 'arriving';

const TIMEOUT_MS = 30_000;
const OUTPUT_BYTES_MAX = 100_000;
const ANSWERS: readonly string[] = ['still', 'written', 'arriving'] satisfies Writing[];

/** Looks twice at each name and at the temporaries of rsync beside it; half a second apart where one of them was changed in the last ten. */
export function beingWritten(
  dir: string,
  folderId: string,
  names: readonly string[],
): Fact<ReadonlyMap<string, Writing>> {
  return {
    name: 'being-written',
    script: SCRIPT,
    args: [dir, folderId, ...names],
    timeoutMs: TIMEOUT_MS,
    outputBytesMax: OUTPUT_BYTES_MAX,
    parse: (answer) => {
      const lines = Buffer.from(answer.stdout).toString('utf8').split('\n').slice(0, -1);
      if (answer.code !== 0 || lines.length !== names.length || !lines.every(isWriting))
        throw new Fault('parse', `nobody can tell what is being written: ${answer.stderr.trim().slice(0, 200)}`);
      return new Map(names.map((name, index) => [name, answerOf(lines[index])]));
    },
  };
}

function answerOf(line: string | undefined): Writing {
  if (line === undefined || !isWriting(line)) throw new Error('the answer has fewer lines than names');
  return line;
}

function isWriting(line: string): line is Writing {
  return ANSWERS.includes(line);
}

/* A name may go while it is looked at, so each look is a process of its own. Times are compared with the node's own clock. */
const SCRIPT = `${shellStart}${shellEnter}${shellState}
enter "$1" "$2"
shift 2
now=$(date +%s)
pause=no
state_of() { (look "$1" && printf '%sx' "$state") 2>/dev/null || printf 'gonex'; }
scan() {
  seen=$(state_of "$1") parts=
  notice "$seen"
  for part in ".$1."??????; do
    [ -f "./$part" ] && [ ! -L "./$part" ] || continue
    held=$(state_of "$part")
    notice "$held"
    parts="$parts $part=$held"
  done
}
notice() {
  case $1 in file:*) ;; *) return 0 ;; esac
  time=\${1%x}
  time=\${time##*:}
  time=\${time%?????????}
  [ $((now - \${time:-0})) -ge 10 ] || pause=yes
}
for name do
  shift
  scan "$name"
  set -- "$@" "$name" "$seen" "$parts"
done
[ $pause = no ] || sleep 0.5 2>/dev/null || sleep 1
while [ $# -gt 0 ]; do
  scan "$1"
  if [ "$seen" != "$2" ]; then echo written
  elif [ "$parts" != "$3" ]; then echo arriving
  else echo still
  fi
  shift 3
done
`;
