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

/** Takes or renews the node's lease. A folder that is not there yet needs none. */
export const takeLease: Action = {
  name: 'take-lease',
  timeoutMs: 30_000,
  script: `${shellChange}${shellLease}
resolve "$1"
if [ ! -e "$folder" ] && [ ! -L "$folder" ]; then exit 0; fi
enter "$1" any
private .medic .medic/lease
attempt chmod 700 .medic
now=$(date +%s)
top
if [ -n "$holder" ] && [ "$holder" != "$2" ] && [ "$until" -gt "$now" ]; then
  fail 15 "$holder holds the lease for another $((until - now)) s"
fi
follow "$2:$((now + $3))"
`,
};

/**
 * Gives the lease back, and removes what scripts that were killed under it left: only names that medic draws, links or regular files,
 * and no file from before the last hour, which is a finding and goes to quarantine.
 * A lease that is not ours any more is left alone, with everything in the folder. May be repeated.
 */
export const dropLease: Action = {
  name: 'drop-lease',
  timeoutMs: 30_000,
  script: `${shellChange}${shellLease}
resolve "$1"
[ -d "$folder/.medic/lease" ] || exit 0
enter "$1" any
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

/** Argv that takes the lease of a models folder for `seconds`. */
export function takeLeaseArgv(folder: string, owner: string, seconds: number): Argv {
  return [takeLease.name, folder, owner, String(seconds)];
}

/** Argv that gives the lease back. */
export function dropLeaseArgv(folder: string, owner: string): Argv {
  return [dropLease.name, folder, owner];
}
