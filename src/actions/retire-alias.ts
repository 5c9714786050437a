import type { Action } from '../contract/action.ts';
import { type EntryState, stateToken } from '../domain/entry-state.ts';
import type { Argv } from '../domain/plan.ts';
import { shellChange } from './shell.ts';

/** A link that leads nowhere, to be taken out of the folder. */
export type Retirement = {
  readonly folder: string;
  readonly folderId: string;
  readonly alias: string;
  readonly before: Extract<EntryState, { kind: 'link' }>;
};

/** Moves a link into quarantine by one rename; its text is kept beside it for people. */
export const retireAlias: Action = {
  name: 'retire-alias',
  timeoutMs: 60_000,
  script: `${shellChange}
enter "$1" "$2"
alias=$3 before=$4
expect "$alias" "$before"
case $before in link:*) ;; *) fail 10 "$alias is not a link" ;; esac
room "$5"
note "$alias.link" "\${before#link:}"
choose
expect "$alias" "$before"
replace "./$alias" "$room/$alias.kept"
look "$alias"
[ "$state" = absent ] || fail 1 "$alias is still there"
`,
};

/** Makes the retired link again; may be repeated. */
export const unretireAlias: Action = {
  name: 'unretire-alias',
  timeoutMs: 60_000,
  script: `${shellChange}
enter "$1" "$2"
alias=$3 before=$4
look "$alias"
[ "$state" != "$before" ] || exit 0
expect "$alias" absent
attempt ln -sn -- "\${before#link:}" "./$alias"
look "$alias"
[ "$state" = "$before" ] || fail 1 "$alias is not what it was"
`,
};

/** Argv of `retire-alias`. */
export function retireAliasArgv(retirement: Retirement): Argv {
  return [retireAlias.name, ...retireArgs(retirement)];
}

/** Argv of the undo of `retire-alias`. */
export function unretireAliasArgv(retirement: Retirement): Argv {
  return [unretireAlias.name, ...retireArgs(retirement)];
}

function retireArgs({ folder, folderId, alias, before }: Retirement): string[] {
  return [folder, folderId, alias, stateToken(before), '{receipt}'];
}
