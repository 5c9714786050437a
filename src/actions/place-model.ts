import type { Action } from '../contract/action.ts';
import { stateToken } from '../domain/entry-state.ts';
import type { Argv, TransferStep } from '../domain/plan.ts';
import { shellDigest } from '../facts/shell.ts';
import { shellChange } from './shell.ts';

const TIMEOUT_MS = 900_000;

/**
 * Puts an arrived file under its final name by one rename, after its digest was right on the node, and reads it again afterwards.
 * The old file is kept; the new one gets its mode and owner, and the source's time. Writes the placed file's token for the undo.
 */
export const placeModel: Action = {
  name: 'place-model',
  timeoutMs: TIMEOUT_MS,
  script: `${shellChange}${shellDigest}
flush() {
  sync "$1" 2>/dev/null || python3 -I -c 'import os, sys; os.fsync(os.open(sys.argv[1], os.O_RDONLY))' "$1" 2>/dev/null || sync
}
like() {
  if set -- "$1" $(stat -c '%a %u:%g' "./$2" 2>/dev/null) && [ $# -eq 3 ]; then :
  elif set -- "$1" $(stat -f '%Lp %u:%g' "./$2" 2>/dev/null) && [ $# -eq 3 ]; then :
  else fail 1 'no stat that tells mode and owner'
  fi
  chown "$3" "./$1" 2>/dev/null || :
  attempt chmod "$2" "./$1"
}
enter "$1" "$2"
file=$3 arrived=$4 wanted=$5 time=$6 before=$7
case $arrived in .medic-*/* | .medic-) fail 1 'this is no name of ours' ;; .medic-*) ;; *) fail 1 'this is no name of ours' ;; esac
if [ ! -f "./$arrived" ] || [ -L "./$arrived" ]; then fail 16 'the file has not arrived'; fi
case $before in absent | file:*) ;; *) fail 10 "$file is neither absent nor a file" ;; esac
expect "$file" "$before"
flush "./$arrived"
digest "$arrived"
[ "$sum" = "$wanted" ] || fail 16 "what arrived has the digest $sum"
room "$8"
case $before in
  file:*)
    keep "$file" "$file.kept"
    like "$arrived" "$file"
    ;;
  *) attempt chmod 644 "./$arrived" ;;
esac
attempt env TZ=UTC0 touch -t "$time" "./$arrived"
look "$arrived"
placed=$state
note "$file.placed" "$placed"
choose
expect "$file" "$before"
replace "./$arrived" "./$file"
flush .
look "$file"
[ "$state" = "$placed" ] || fail 1 "$file is not the file that was placed"
digest "$file"
[ "$sum" != "$wanted" ] || exit 0
case $before in
  absent) replace "./$file" "$room/$file.undone" ;;
  *)
    keep "$file" "$file.undone"
    stage "$file"
    replace "./$temporary" "./$file"
    ;;
esac
fail 14 "$file had the digest $sum once it was placed; what was there before is back"
`,
};

/** Brings the file back that was there before `place-model`, the new one going to quarantine; may be repeated. */
export const unplaceModel: Action = {
  name: 'unplace-model',
  timeoutMs: TIMEOUT_MS,
  script: `${shellChange}
enter "$1" "$2"
file=$3 before=$4
if is_back "$file" "$before" "$5"; then exit 0; fi
room "$5"
placed=
[ ! -f "$room/$file.placed" ] || placed=$(cat "$room/$file.placed")
[ -n "$placed" ] || fail 10 "$file is not what it was, and not by this receipt"
expect "$file" "$placed"
choose
case $before in
  absent)
    expect "$file" "$placed"
    replace "./$file" "$room/$file.undone"
    ;;
  *)
    keep "$file" "$file.undone"
    stage "$file"
    expect "$file" "$placed"
    replace "./$temporary" "./$file"
    ;;
esac
is_back "$file" "$before" "$5" || fail 1 "$file is not what it was"
`,
};

/** Argv that puts in place what a transfer brought under `temporary`. */
export function placeModelArgv(step: TransferStep, temporary: string): Argv {
  const { folder, folderId, file, digest, mtimeS, before } = step;
  return [
    placeModel.name,
    folder,
    folderId,
    file,
    temporary,
    digest,
    touchTime(mtimeS),
    stateToken(before),
    '{receipt}',
  ];
}

/** Argv of the undo of a transfer step. */
export function unplaceModelArgv(step: Pick<TransferStep, 'folder' | 'folderId' | 'file' | 'before'>): Argv {
  const { folder, folderId, file, before } = step;
  return [unplaceModel.name, folder, folderId, file, stateToken(before), '{receipt}'];
}

/** Seconds since the epoch as `touch -t` takes them everywhere, in UTC: `202512281000.00`. */
function touchTime(seconds: number): string {
  const digits = new Date(seconds * 1_000).toISOString().replace(/\D/g, '');
  return `${digits.slice(0, 12)}.${digits.slice(12, 14)}`;
}
