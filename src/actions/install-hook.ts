import type { Action } from '../contract/action.ts';
import { type EntryState, stateToken } from '../domain/entry-state.ts';
import type { Argv } from '../domain/plan.ts';
import { shellChange } from './shell.ts';

/** A script that is to stand in the models folder under a fixed name. */
export type HookChange = {
  readonly folder: string;
  readonly folderId: string;
  readonly file: string;
  readonly before: EntryState;
  /** Time that the file gets, as `touch -t` takes it, in UTC. */
  readonly time: string;
  readonly text: string;
};

/** An argument of a plan is at most 4,096 characters. */
const PART = 4_000;

/** Writes a script under a temporary name and puts it in its place by one rename; what was there is kept. Its undo is that of a placed model. */
export const installHook: Action = {
  name: 'install-hook',
  timeoutMs: 60_000,
  script: `${shellChange}
enter "$1" "$2"
file=$3 before=$4 time=$5 receipt=$6
shift 6
case $before in absent | file:*) ;; *) fail 10 "$file is neither absent nor a file" ;; esac
expect "$file" "$before"
draw
parts() { printf '%s' "$@" >"./$temporary"; }
attempt parts "$@"
attempt sh -n "./$temporary"
attempt chmod 755 "./$temporary"
attempt env TZ=UTC0 touch -t "$time" "./$temporary"
room "$receipt"
case $before in file:*) keep "$file" "$file.kept" ;; esac
look "$temporary"
placed=$state
note "$file.placed" "$placed"
choose
expect "$file" "$before"
replace "./$temporary" "./$file"
temporary=
look "$file"
[ "$state" = "$placed" ] || fail 1 "$file is not the file that was placed"
`,
};

/** Argv of `install-hook`. */
export function installHookArgv({ folder, folderId, file, before, time, text }: HookChange): Argv {
  const parts = Array.from({ length: Math.ceil(text.length / PART) }, (_, index) =>
    text.slice(index * PART, (index + 1) * PART),
  );
  return [installHook.name, folder, folderId, file, stateToken(before), time, '{receipt}', ...parts];
}
