import { shellEnter, shellStart, shellState } from '../facts/shell.ts';

/*
 * What the change scripts have in common. A name in the models folder is only ever changed by one rename or one link call, right
 * after its state was compared; what was there before is kept under a second name in `.medic/quarantine/RECEIPT/` first.
 */

/**
 * `attempt COMMAND…`: runs a command; when it fails the script ends with the code for its reason (12 no space, 13 not permitted, 1).
 * Temporaries of this process are removed at its end.
 */
const shellAttempt = `
temporary=
trap '[ -z "$temporary" ] || rm -f "./$temporary" "./$temporary.t"' EXIT
trap 'exit 1' HUP INT TERM
attempt() {
  if trouble=$("$@" 2>&1); then return 0; fi
  case $trouble in
    *'No space left'* | *'uota exceeded'*) fail 12 "no space left: $trouble" ;;
    *'ermission denied'* | *'not permitted'* | *'Read-only file system'*) fail 13 "not permitted: $trouble" ;;
    *) fail 1 "failed: $trouble" ;;
  esac
}
`;

/**
 * `private FOLDER…` makes real folders of mode 0700. `room RECEIPT` makes the receipt's quarantine and sets $room.
 * `keep NAME AS` gives a file a second name in there; where the disk has no hard links, a compared copy. `note AS TEXT` writes text there.
 */
const shellKeep = `
private() {
  for part do
    [ -d "$part" ] || attempt mkdir "$part"
    if [ -L "$part" ] || [ ! -d "$part" ]; then fail 13 "$part is not a folder of its own"; fi
  done
}
room() {
  case $1 in '' | *[!a-z0-9-]*) fail 1 'this is no receipt' ;; esac
  private .medic .medic/quarantine ".medic/quarantine/$1"
  attempt chmod 700 .medic
  room=.medic/quarantine/$1
}
keep() {
  if [ -e "$room/$2" ]; then
    cmp -s "./$1" "$room/$2" || fail 1 "$2 is in quarantine already"
  elif ! ln "./$1" "$room/$2" 2>/dev/null; then
    attempt cp -p "./$1" "$room/$2.part"
    attempt cmp "./$1" "$room/$2.part"
    attempt mv -f "$room/$2.part" "$room/$2"
  fi
}
note() { attempt write "$room/$1" "$2"; }
write() { printf '%s' "$2" >"$1"; }
`;

/**
 * `draw` sets $temporary to a fresh name of 128 random bits. `choose` finds a rename that replaces a name without following it, tried on
 * names of ours (ends with 11 when there is none); `replace FROM TO` does it.
 */
const shellReplace = `
draw() {
  temporary=.medic-$(od -An -tx1 -N16 /dev/urandom | tr -d ' \\n')
  [ \${#temporary} -eq 39 ] || fail 1 'no random numbers on this node'
}
create() {
  set -C
  : >"$1"
}
choose() {
  kept=$temporary
  draw
  attempt create "./$temporary"
  if mv -fT "./$temporary" "./$temporary.t" 2>/dev/null; then how=-fT
  elif mv -fh "./$temporary" "./$temporary.t" 2>/dev/null; then how=-fh
  elif python3 -I -c 'import os, sys; os.replace(sys.argv[1], sys.argv[2])' "./$temporary" "./$temporary.t" 2>/dev/null; then how=python
  else fail 11 'no mv -T, mv -h or python3 to rename with'
  fi
  rm -f "./$temporary.t"
  temporary=$kept
}
replace() {
  case $how in
    python) attempt python3 -I -c 'import os, sys; os.replace(sys.argv[1], sys.argv[2])' "$1" "$2" ;;
    *) attempt mv $how "$1" "$2" ;;
  esac
}
`;

/** `stage NAME`: a temporary name for the file kept as NAME.kept. `is_back NAME TOKEN RECEIPT`: whether a name is what it was. */
const shellUndo = `
stage() {
  [ -f "$room/$1.kept" ] || fail 1 "$1.kept is not in quarantine"
  draw
  ln "$room/$1.kept" "./$temporary" 2>/dev/null || attempt cp -p "$room/$1.kept" "./$temporary"
}
is_back() {
  look "$1"
  [ "$state" = "$2" ] && return
  case $2:$state in file:*:file:*) cmp -s "./$1" ".medic/quarantine/$3/$1.kept" ;; *) return 1 ;; esac
}
`;

/** Begins every change script. */
export const shellChange = `${shellStart}${shellEnter}${shellState}${shellAttempt}${shellKeep}${shellReplace}${shellUndo}`;
