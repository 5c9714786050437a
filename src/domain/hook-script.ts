import type { Model } from './model.ts';

/** The hook's name in the models folder, as the cluster's runbook has it. */
export const HOOK_FILE = 'create_symlinks.sh';

/** The time that an installed hook gets, seconds since the epoch: always the same, so that the same script is the same plan. */
export const HOOK_TIME = Date.UTC(2026, 0, 1) / 1_000;

/**
 * The script that a cluster runs after a promotion: every alias of the list made a link to its canonical file, by a link of another
 * name and one rename. Files and folders in an alias's place are left alone and told; names that are not in the list are never touched.
 */
export function hookScript(models: readonly Model[]): string[] {
  return [...HEAD.trim().split('\n'), ...models.map(linkLine), 'exit "$status"'];
}

function linkLine({ canonical, alias }: Model): string {
  return `link ${quoted(canonical)} ${quoted(alias)}`;
}

/** A value as one shell word, whatever characters it has. */
function quoted(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}

const HEAD = String.raw`
#!/bin/sh
# After a promotion: makes every alias a link to its canonical model. Takes the models folder; without one it is "models".
# Printed by "medic hook" from the models of medic.yaml: print it again when those change.
# Ends with 0: every model that is there has its alias; 1: something was left alone, which is said; 2: no such folder.
set -u
LC_ALL=C
export LC_ALL
unset CDPATH
cd -P "$(printf '%s\n' "${'$'}{1:-models}" | sed 's|^-|./-|')/" || exit 2
status=0
temporary=./.medic-hook-$$
trap 'rm -f "$temporary"' EXIT
trap 'exit 1' HUP INT TERM
complain() { printf '%s\n' "$1" >&2; status=1; }
is_right() { [ -L "./$2" ] && [ "$(readlink "./$2")" = "$1" ]; }
# A link is replaced by one rename; mv may not follow a link that leads to a folder.
replace() {
  mv -fT "$temporary" "./$1" 2>/dev/null || mv -fh "$temporary" "./$1" 2>/dev/null ||
    python3 -I -c 'import os, sys; os.replace(sys.argv[1], sys.argv[2])' "$temporary" "./$1" 2>/dev/null
}
link() {
  [ -f "./$1" ] || return 0
  if [ -L "./$1" ]; then complain "$1 is a link itself: left alone"; return 0; fi
  if is_right "$1" "$2"; then return 0; fi
  if [ -e "./$2" ] && [ ! -L "./$2" ]; then complain "$2 is no link: left alone"; return 0; fi
  rm -f "$temporary"
  if ln -s -- "$1" "$temporary" && { [ -L "./$2" ] || [ ! -e "./$2" ]; } && replace "$2" && is_right "$1" "$2"; then
    printf '%s -> %s\n' "$2" "$1"
  else complain "$2 could not be linked"
  fi
}
`;
