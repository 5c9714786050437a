import type { Action } from '../contract/action.ts';
import { type Sha256 } from '../domain/digest.ts';
import { type Argv, DERIVED } from '../domain/plan.ts';
import type { ReExportPlace } from '../facts/re-export.ts';
import { shellReExport } from '../facts/re-export-program.ts';
import { shellDigest } from '../facts/shell.ts';
import { shellChange } from './shell.ts';

/** A file of the models folder and what its re-export is to be. */
export type Derivation = ReExportPlace & {
  readonly file: string;
  readonly digest: Sha256;
  /** Of the derived file. */
  readonly made: Sha256;
};

/** Writes a file's re-export beside it, under a name of ours in `.medic/derived`; a derived file of another digest is never left there. */
export const deriveModel: Action = {
  name: 'derive-model',
  timeoutMs: 900_000,
  script: `${shellChange}${shellDigest}${shellReExport}
case $7 in '' | *[!0-9a-f]*) fail 1 'this is no digest' ;; esac
enter "$3" "$4"
private .medic .medic/derived
attempt chmod 700 .medic
derived=${DERIVED}$7
if [ -f "./$derived" ] && [ ! -L "./$derived" ]; then
  digest "$derived"
  [ "$sum" != "$7" ] || exit 0
fi
torch_of "$1" "$2"
[ -n "$python" ] || fail 11 'no Python there has torch'
draw
confine
re_export "./$5" "$6" "./$temporary"
[ -f "./$temporary" ] || fail 1 "no re-export was made: $said"
digest "$temporary"
[ "$sum" = "$7" ] || fail 14 "what was made has the digest $sum"
attempt chmod 600 "./$temporary"
attempt mv -f "./$temporary" "./$derived"
`,
};

/** Takes the derived file away; may be repeated. */
export const dropDerived: Action = {
  name: 'drop-derived',
  timeoutMs: 60_000,
  script: `${shellChange}
case $3 in '' | *[!0-9a-f]*) fail 1 'this is no digest' ;; esac
enter "$1" "$2"
[ ! -e "./${DERIVED}$3" ] || attempt rm -f "./${DERIVED}$3"
`,
};

/** Argv of `derive-model`. */
export function deriveModelArgv({ root, venv, dir, folderId, file, digest, made }: Derivation): Argv {
  return [deriveModel.name, root, venv ?? '', dir, folderId, file, digest, made];
}

/** Argv of the undo of `derive-model`. */
export function dropDerivedArgv({ dir, folderId, made }: Derivation): Argv {
  return [dropDerived.name, dir, folderId, made];
}
