import type { Action } from '../contract/action.ts';
import { type EntryState, stateToken } from '../domain/entry-state.ts';
import type { Argv } from '../domain/plan.ts';
import { shellChange } from './shell.ts';

/** An alias and the file in the same folder that it is to lead to. `folderId`: `dev:inode`, or `new` when the plan makes the folder. */
export type AliasChange = {
  readonly folder: string;
  readonly folderId: string;
  readonly alias: string;
  readonly canonical: string;
  readonly before: EntryState;
};

/** Makes an alias a link to its canonical file. A link or file that is there is kept, and replaced by one rename. */
export const setAlias: Action = {
  name: 'set-alias',
  timeoutMs: 60_000,
  script: `${shellChange}
enter "$1" "$2"
alias=$3 canonical=$4 before=$5
expect "$alias" "$before"
if [ ! -f "./$canonical" ] || [ -L "./$canonical" ]; then fail 10 "$canonical is not there as a file"; fi
room "$6"
case $before in
  absent)
    attempt ln -sn -- "$canonical" "./$alias"
    ;;
  link:* | file:*)
    case $before in
      link:*) note "$alias.link" "\${before#link:}" ;;
      *) keep "$alias" "$alias.kept" ;;
    esac
    choose
    draw
    attempt ln -s -- "$canonical" "./$temporary"
    expect "$alias" "$before"
    replace "./$temporary" "./$alias"
    ;;
  *) fail 10 "$alias is neither a link nor a file" ;;
esac
look "$alias"
[ "$state" = "link:$canonical" ] || fail 1 "$alias is not the link it should be"
`,
};

/** Makes an alias what it was before `set-alias`; may be repeated. */
export const unsetAlias: Action = {
  name: 'unset-alias',
  timeoutMs: 60_000,
  script: `${shellChange}
enter "$1" "$2"
alias=$3 canonical=$4 before=$5
if is_back "$alias" "$before" "$6"; then exit 0; fi
expect "$alias" "link:$canonical"
room "$6"
choose
case $before in
  absent)
    expect "$alias" "link:$canonical"
    replace "./$alias" "$room/$alias.undone"
    ;;
  link:*)
    draw
    attempt ln -s -- "\${before#link:}" "./$temporary"
    expect "$alias" "link:$canonical"
    replace "./$temporary" "./$alias"
    ;;
  *)
    stage "$alias"
    expect "$alias" "link:$canonical"
    replace "./$temporary" "./$alias"
    ;;
esac
is_back "$alias" "$before" "$6" || fail 1 "$alias is not what it was"
`,
};

/** Argv of `set-alias`. */
export function setAliasArgv(change: AliasChange): Argv {
  return [setAlias.name, ...aliasArgs(change)];
}

/** Argv of the undo of `set-alias`. */
export function unsetAliasArgv(change: AliasChange): Argv {
  return [unsetAlias.name, ...aliasArgs(change)];
}

function aliasArgs({ folder, folderId, alias, canonical, before }: AliasChange): string[] {
  return [folder, folderId, alias, canonical, stateToken(before), '{receipt}'];
}
