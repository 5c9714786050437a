import type { Action } from '../contract/action.ts';
import type { Argv } from '../domain/plan.ts';
import { shellChange } from './shell.ts';

/** What a receipt keeps of one name; states as `stateToken` writes them, `absent` where there is no such file. */
export type Pruning = {
  readonly folder: string;
  readonly folderId: string;
  readonly receipt: string;
  readonly name: string;
  readonly kept: string;
  readonly undone: string;
};

/**
 * The one script that deletes, and only by bare name inside a receipt's own folder of quarantine: what a receipt keeps of one name, if it is
 * still what the plan saw. What is gone already counts as done.
 */
export const pruneQuarantine: Action = {
  name: 'prune-quarantine',
  timeoutMs: 60_000,
  script: `${shellChange}
enter "$1" "$2"
receipt=$3 name=$4 kept=$5 undone=$6
case $receipt in r-????????) ;; *) fail 10 'this is no receipt' ;; esac
case \${receipt#r-} in *[!0-9a-f]*) fail 10 'this is no receipt' ;; esac
case $name in '' | .* | */*) fail 10 'this is no name of a kept file' ;; esac
inside=$(pwd -P)/.medic/quarantine/$receipt
for part in .medic .medic/quarantine ".medic/quarantine/$receipt"; do
  if [ ! -e "$part" ] && [ ! -L "$part" ]; then exit 0; fi
  if [ -L "$part" ] || [ ! -d "$part" ]; then fail 13 "$part is not a folder of its own"; fi
done
cd -P ".medic/quarantine/$receipt" 2>/dev/null || fail 13 'the folder of the receipt cannot be entered'
[ "$(pwd -P)" = "$inside" ] || fail 13 'the folder of the receipt lies outside of quarantine'
same() {
  look "$1"
  [ "$state" = absent ] || [ "$state" = "$2" ] || fail 10 "$1 is not what it was when the plan was made"
}
same "$name.kept" "$kept"
same "$name.undone" "$undone"
delete() {
  same "$1" "$2"
  attempt rm -f "./$1"
  look "$1"
  [ "$state" = absent ] || fail 1 "$1 is still there"
}
delete "$name.kept" "$kept"
delete "$name.undone" "$undone"
for note in "$name.placed" "$name.link" "$name.kept.part" "$name.undone.part"; do
  if [ -L "./$note" ] || [ -f "./$note" ]; then attempt rm -f "./$note"; fi
done
cd .. && rmdir "./$receipt" 2>/dev/null || exit 0
cd ..
told=journal/$receipt
if [ ! -L journal ] && [ ! -L "./$told" ] && [ -f "./$told" ]; then attempt rm -f "./$told"; fi
`,
};

/** Argv of `prune-quarantine`. */
export function pruneQuarantineArgv({ folder, folderId, receipt, name, kept, undone }: Pruning): Argv {
  return [pruneQuarantine.name, folder, folderId, receipt, name, kept, undone];
}
