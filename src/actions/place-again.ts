import type { Action } from '../contract/action.ts';
import type { Argv } from '../domain/plan.ts';
import { shellChange } from './shell.ts';

/** Takes `unplace-model` back: the file that a receipt had sent comes out of quarantine to its name again; may be repeated. */
export const placeAgain: Action = {
  name: 'place-again',
  timeoutMs: 900_000,
  script: `${shellChange}
enter "$1" "$2"
file=$3 before=$4
room "$5"
placed=
[ ! -f "$room/$file.placed" ] || placed=$(cat "$room/$file.placed")
[ -n "$placed" ] || fail 10 "this receipt has placed no $file"
look "$file"
[ "$state" != "$placed" ] || exit 0
is_back "$file" "$before" "$5" || fail 10 "$file is not what it was before this receipt"
[ -f "$room/$file.undone" ] || fail 10 "the file that was sent as $file is not in quarantine any more"
choose
look "$file"
now=$state
if [ "$now" = absent ]; then
  expect "$file" absent
  replace "./$room/$file.undone" "./$file"
  look "$file"
  note "$file.placed" "$state"
  exit 0
fi
keep "$file" "$file.kept"
draw
ln "$room/$file.undone" "./$temporary" 2>/dev/null || attempt cp -p "$room/$file.undone" "./$temporary"
look "$temporary"
note "$file.placed" "$state"
placed=$state
expect "$file" "$now"
replace "./$temporary" "./$file"
look "$file"
[ "$state" = "$placed" ] || fail 1 "$file is not the file that was placed"
`,
};

/** Argv that takes an `unplace-model` back. */
export function placeAgainArgv(unplace: Argv): Argv {
  return [placeAgain.name, ...unplace.slice(1)];
}
