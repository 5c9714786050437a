import type { Action } from '../contract/action.ts';
import type { Argv, TransferStep } from '../domain/plan.ts';
import { shellChange } from './shell.ts';

/** Removes a partial file of a transfer; only a name that medic makes, and only a regular file. May be repeated. */
export const discardTemporary: Action = {
  name: 'discard-temporary',
  timeoutMs: 60_000,
  script: `${shellChange}
enter "$1" "$2"
name=\${3#.medic-}
case $name in *[!0-9a-f]*) name= ;; esac
[ ".medic-$name" = "$3" ] && [ \${#name} -eq 32 ] || fail 1 'this is no name of a temporary file'
if [ -f "./$3" ] && [ ! -L "./$3" ]; then attempt rm -f "./$3"; fi
`,
};

/** Argv that removes what a transfer left under `temporary`. */
export function discardTemporaryArgv({ folder, folderId }: TransferStep, temporary: string): Argv {
  return [discardTemporary.name, folder, folderId, temporary];
}
