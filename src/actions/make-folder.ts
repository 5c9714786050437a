import type { Action } from '../contract/action.ts';
import type { Argv } from '../domain/plan.ts';
import { shellChange } from './shell.ts';

/** A models folder that is missing, and the identity `dev:inode` of the folder it belongs into. */
export type MissingFolder = { readonly folder: string; readonly parentId: string };

/** Makes the models folder, mode 0755; its parent must be there and the one that was looked at. */
export const makeFolder: Action = {
  name: 'make-folder',
  timeoutMs: 60_000,
  script: `${shellChange}
resolve "$1"
models=\${folder##*/}
case $models in '' | . | ..) fail 10 'this is no path of a models folder' ;; esac
parent=\${folder%/*}
enter "\${parent:-/}" "$2"
expect "$models" absent
umask 022
attempt mkdir "./$models"
`,
};

/** Removes the folder again if nothing is in it; one that holds a quarantine is left. May be repeated. */
export const unmakeFolder: Action = {
  name: 'unmake-folder',
  timeoutMs: 60_000,
  script: `${shellChange}
resolve "$1"
models=\${folder##*/}
parent=\${folder%/*}
enter "\${parent:-/}" "$2"
rmdir "./$models" 2>/dev/null || [ ! -d "./$models" ] || printf 'the folder is left, it holds what was kept\\n'
`,
};

/** Argv of `make-folder`. */
export function makeFolderArgv({ folder, parentId }: MissingFolder): Argv {
  return [makeFolder.name, folder, parentId];
}

/** Argv of the undo of `make-folder`. */
export function unmakeFolderArgv({ folder, parentId }: MissingFolder): Argv {
  return [unmakeFolder.name, folder, parentId];
}
