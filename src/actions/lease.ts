import type { Action } from '../contract/action.ts';
import type { Argv } from '../domain/plan.ts';
import { shellChange } from './shell.ts';

/*
 * A lease is the link with the highest number in `.medic/lease/`; its text is `OWNER:EXPIRY` (seconds since the epoch by the node's clock),
 * or `:0` when it is free. Making a link is exclusive and brings the text with it, so a stale lease is taken over by exactly one.
 */
const shellLease = `
top() {
  number=0
  for link in .medic/lease/*; do
    case \${link##*/} in *[!0-9]* | 0*) continue ;; esac
    if [ -L "$link" ] && [ "\${link##*/}" -gt $number ]; then number=\${link##*/}; fi
  done
  holder= until=0
  [ $number -gt 0 ] || return 0
  text=$(readlink -n ".medic/lease/$number") || fail 15 'the lease is changing hands'
  holder=\${text%:*} until=\${text##*:}
  case $until in '' | *[!0-9]*) until=0 ;; esac
}
follow() {
  next=$((number + 1))
  if ! trouble=$(ln -sn -- "$1" ".medic/lease/$next" 2>&1); then
    [ ! -L ".medic/lease/$next" ] || fail 15 'somebody else has just taken the lease'
    attempt ln -sn -- "$1" ".medic/lease/$next"
  fi
  top
  if [ $number -ne $next ]; then
    rm -f ".medic/lease/$next"
    fail 15 'somebody else has just taken the lease'
  fi
  for link in .medic/lease/*; do
    case \${link##*/} in *[!0-9]* | 0*) continue ;; esac
    [ "\${link##*/}" -ge $next ] || rm -f "$link"
  done
}
`;

/**
 * What is about to be done stands in `.medic/journal/RECEIPT` in plain words, written whole before anything is changed. When it is over it
 * says so at its end; where quarantine holds nothing of the receipt there is nothing to take back, and it goes.
 */
const shellJournal = `
over() {
  told=.medic/journal/$1
  if [ -L .medic/journal ] || [ -L "$told" ] || [ ! -f "$told" ]; then return 0; fi
  for kept in ".medic/quarantine/$1"/*; do
    if [ -e "$kept" ] || [ -L "$kept" ]; then
      printf '\\nThis is over: %s\\n' "$2" >>"$told"
      return 0
    fi
  done
  attempt rm -f "$told"
}
`;

/** Takes or renews the node's lease, and writes the journal of what is about to be done. A folder that is not there yet needs neither. */
export const takeLease: Action = {
  name: 'take-lease',
  timeoutMs: 30_000,
  script: `${shellChange}${shellLease}
resolve "$1"
if [ ! -e "$folder" ] && [ ! -L "$folder" ]; then exit 0; fi
enter "$1" any
case $2 in '' | *[!a-z0-9-]*) fail 1 'this is no receipt' ;; esac
private .medic .medic/lease .medic/journal
attempt chmod 700 .medic
now=$(date +%s)
top
if [ -n "$holder" ] && [ "$holder" != "$2" ] && [ "$until" -gt "$now" ]; then
  fail 15 "$holder holds the lease for another $((until - now)) s"
fi
temporary=.medic/journal/$2.part
attempt write "./$temporary" "$4"
follow "$2:$((now + $3))"
attempt mv -f "./$temporary" ".medic/journal/$2"
temporary=
`,
};

/**
 * Gives the lease back, and removes what scripts that were killed under it left: only names that medic draws, links or regular files,
 * and no file from before the last hour, which is a finding and goes to quarantine. Says in the journal that it is over.
 * A lease that is not ours any more is left alone, with everything in the folder. May be repeated.
 */
export const dropLease: Action = {
  name: 'drop-lease',
  timeoutMs: 30_000,
  script: `${shellChange}${shellLease}${shellJournal}
resolve "$1"
[ -d "$folder/.medic/lease" ] || exit 0
enter "$1" any
case $2 in '' | *[!a-z0-9-]*) fail 1 'this is no receipt' ;; esac
[ -z "$3" ] || over "$2" "$3"
top
[ "$holder" = "$2" ] || exit 0
for left in .medic-*; do
  drawn=\${left#.medic-}
  drawn=\${drawn%.t}
  case $drawn in *[!0-9a-f]*) continue ;; esac
  [ \${#drawn} -eq 32 ] || continue
  if [ ! -L "./$left" ] && [ -f "./$left" ]; then
    time=$(stat -c %Y "./$left" 2>/dev/null || stat -f %m "./$left" 2>/dev/null) || continue
    [ $(($(date +%s) - time)) -lt 3600 ] || continue
  fi
  if [ -L "./$left" ] || [ -f "./$left" ]; then rm -f "./$left"; fi
done
follow :0
`,
};

/** Argv that takes the lease of a models folder for `seconds`; `journal`: what is about to be done. */
export function takeLeaseArgv(folder: string, owner: string, seconds: number, journal: string): Argv {
  return [takeLease.name, folder, owner, String(seconds), journal];
}

/** Argv that gives the lease back; `over`: how it ended, in words. Empty: a person has to look, and the journal stays as it is. */
export function dropLeaseArgv(folder: string, owner: string, over: string): Argv {
  return [dropLease.name, folder, owner, over];
}
