import type { Action } from '../contract/action.ts';
import { type EntryState, stateToken } from '../domain/entry-state.ts';
import type { Argv } from '../domain/plan.ts';
import { shellChange } from './shell.ts';

/** A temporary file of medic, to be taken out of the folder. */
export type OldTemporary = {
  readonly folder: string;
  readonly folderId: string;
  readonly name: string;
  readonly before: Extract<EntryState, { kind: 'file' }>;
};

/** Moves a temporary file that medic once drew into quarantine by one rename; no other name is ever taken. */
export const retireTemporary: Action = {
  name: 'retire-temporary',
  timeoutMs: 60_000,
  script: `${shellChange}
drawn=\${3#.medic-}
drawn=\${drawn%.t}
case $drawn in *[!0-9a-f]*) drawn= ;; esac
[ \${#drawn} -eq 32 ] || fail 10 'this is no temporary file of medic'
enter "$1" "$2"
left=$3 before=$4
expect "$left" "$before"
case $before in file:*) ;; *) fail 10 "$left is not a file" ;; esac
room "$5"
[ ! -e "$room/\${left#.}.kept" ] || fail 1 "$left is in quarantine already"
expect "$left" "$before"
attempt mv "./$left" "$room/\${left#.}.kept"
look "$left"
[ "$state" = absent ] || fail 1 "$left is still there"
`,
};

/** Brings the temporary file back under its name; may be repeated. */
export const unretireTemporary: Action = {
  name: 'unretire-temporary',
  timeoutMs: 60_000,
  script: `${shellChange}
enter "$1" "$2"
left=$3 before=$4
look "$left"
[ "$state" != "$before" ] || exit 0
expect "$left" absent
room "$5"
[ -f "$room/\${left#.}.kept" ] || fail 10 "$left is not in quarantine"
attempt ln "$room/\${left#.}.kept" "./$left"
attempt rm -f "$room/\${left#.}.kept"
look "$left"
[ "$state" = "$before" ] || fail 1 "$left is not what it was"
`,
};

/** Argv of `retire-temporary`. */
export function retireTemporaryArgv(old: OldTemporary): Argv {
  return [retireTemporary.name, ...argsOf(old)];
}

/** Argv of the undo of `retire-temporary`. */
export function unretireTemporaryArgv(old: OldTemporary): Argv {
  return [unretireTemporary.name, ...argsOf(old)];
}

function argsOf({ folder, folderId, name, before }: OldTemporary): string[] {
  return [folder, folderId, name, stateToken(before), '{receipt}'];
}
