import { shellDigest, shellEnter, shellStart } from '../facts/shell.ts';
import { TARGET_HOST } from './ssh-config.ts';

/** Exit code of a transport's script that found no space. */
export const NO_SPACE = 12;

/** `partial NAME` ends unless that is one of our temporary names and no link; `size NAME` sets $size. */
export const shellPartial = `
partial() {
  name=\${1#.medic-}
  case $name in *[!0-9a-f]*) name= ;; esac
  [ ".medic-$name" = "$1" ] && [ \${#name} -eq 32 ] || fail 1 'this is no name of a temporary file'
  if [ -L "./$1" ] || { [ -e "./$1" ] && [ ! -f "./$1" ]; }; then fail 1 'the temporary name is taken by something else'; fi
}
size() { size=$(wc -c <"./$1") && size=$((size)); }
`;

/** Prints the size of a partial file, 0 when there is none. Arguments: folder, its id, name. */
export const partialSize = `${shellStart}${shellEnter}${shellPartial}
enter "$1" "$2"
partial "$3"
size=0
[ ! -e "./$3" ] || size "$3"
printf '%s\\n' $size
`;

/** Prints the size of a partial file and the bytes its disk has free. Arguments: folder, its id, name. */
export const partialRoom = `${shellStart}${shellEnter}${shellPartial}
enter "$1" "$2"
partial "$3"
size=0
[ ! -e "./$3" ] || size "$3"
free=$(df -Pk . | awk 'NR > 1 { free = $4 } END { print free * 1024 }') || exit 1
printf '%s %s\\n' $size "$free"
`;

/** Writes a file from its offset to standard output. Arguments: folder, file, offset, size that it must have. */
export const readFrom = `${shellStart}${shellEnter}${shellPartial}
enter "$1" any
[ -f "./$2" ] && [ ! -L "./$2" ] || fail 10 'the source has no such file'
size "$2"
[ $size -eq "$4" ] || fail 10 "the source's file has $size bytes"
[ "$3" -gt 0 ] || exec cat "./$2"
exec tail -c "+$(($3 + 1))" "./$2"
`;

/** Adds standard input to a partial file that has exactly the offset's bytes, or begins it exclusively; prints its size. */
export const appendTo = `${shellStart}${shellEnter}${shellPartial}
enter "$1" "$2"
partial "$3"
size=0
if [ "$4" -eq 0 ] && [ ! -e "./$3" ]; then
  (set -C; : >"./$3") 2>/dev/null || fail 13 'the temporary file cannot be made'
fi
size "$3"
[ $size -eq "$4" ] || fail 10 "the partial file has $size bytes"
trouble=$(cat 2>&1 >>"./$3") || {
  case $trouble in
    *'No space left'* | *'uota exceeded'*) fail ${NO_SPACE} 'no space left on the disk' ;;
    *) fail 1 "writing failed: $trouble" ;;
  esac
}
size "$3"
printf '%s\\n' $size
`;

/** Prints the sha256 of a partial file. Arguments: folder, its id, name. */
export const partialDigest = `${shellStart}${shellEnter}${shellPartial}${shellDigest}
enter "$1" "$2"
partial "$3"
digest "$3"
printf '%s\\n' "$sum"
`;

/** Removes a partial file. Arguments: folder, its id, name. */
export const removePartial = `${shellStart}${shellEnter}${shellPartial}
enter "$1" "$2"
partial "$3"
rm -f "./$3"
`;

/** Makes a partial file exclusively unless it is there, and prints the folder's physical path. Arguments: folder, its id, name. */
export const preparePartial = `${shellStart}${shellEnter}${shellPartial}
enter "$1" "$2"
partial "$3"
if [ ! -e "./$3" ]; then
  (set -C; : >"./$3") 2>/dev/null || fail 13 'the temporary file cannot be made'
fi
pwd -P
`;

/** Prints the first of the named programs that is not there. */
export const rsyncTools = `
for tool do
  command -v "$tool" >/dev/null 2>&1 || { printf '%s\\n' "$tool"; exit 0; }
done
`;

/**
 * On the source: `probe` tries the connection, `send` runs rsync towards the partial file. Standard input is known_hosts. Arguments:
 * mode, ssh configuration, folder, file, its size, the target's folder, name of the partial file, KiB a second or nothing.
 */
export const rsyncFrom = `${shellStart}${shellEnter}
own=$(mktemp -d "\${TMPDIR:-/tmp}/medic-XXXXXXXX") || fail 1 'no temporary folder'
trap 'rm -rf "$own"' EXIT
trap 'exit 1' HUP INT TERM
case $own in *[!A-Za-z0-9/._+-]*) fail 1 'the path of the temporary folder has a sign that ssh would misread' ;; esac
cat >"$own/known_hosts" || fail 1 'the known host keys cannot be written'
printf 'UserKnownHostsFile %s\\n%s' "$own/known_hosts" "$2" >"$own/config" || fail 1 'the ssh configuration cannot be written'
if [ "$1" = probe ]; then
  ssh -F "$own/config" ${TARGET_HOST} true </dev/null
  exit
fi
enter "$3" any
[ -f "./$4" ] && [ ! -L "./$4" ] || fail 10 'the source has no such file'
size=$(wc -c <"./$4") || fail 10 'the source cannot be read'
[ $((size)) -eq "$5" ] || fail 10 'the file on the source has another size now'
rsync -s --checksum --inplace --partial --timeout=60 --stats --info=progress2 --outbuf=N \${8:+--bwlimit=$8} -e "ssh -F $own/config" \\
  "./$4" "${TARGET_HOST}:$6/$7" </dev/null
`;

/**
 * Pulls a file with curl onto the partial file and goes on where it ends; prints the bytes that were there before and are there now.
 * Standard input is curl's configuration with the address. Arguments: folder, its id, name, size of the whole file.
 */
export const pullWithCurl = `${shellStart}${shellEnter}${shellPartial}
enter "$1" "$2"
partial "$3"
command -v curl >/dev/null 2>&1 || fail 11 'there is no curl'
before=0
[ ! -e "./$3" ] || { size "$3"; before=$size; }
if [ $before -gt "$4" ]; then rm -f "./$3"; before=0; fi
if [ ! -e "./$3" ]; then
  (set -C; : >"./$3") 2>/dev/null || fail 13 'the temporary file cannot be made'
fi
if [ $before -lt "$4" ]; then
  trouble=$(curl -q -K - --silent --show-error --fail --globoff --proto =http,https --max-redirs 0 --connect-timeout 20 \\
    --speed-limit 1 --speed-time 60 --max-filesize "$4" --continue-at $before --output "./$3" 2>&1)
  code=$?
  case $code in
    0) ;;
    23)
      case $trouble in *'No space left'* | *'uota exceeded'*) fail ${NO_SPACE} 'no space left on the disk' ;; esac
      free=$(df -Pk . | awk 'NR > 1 { free = $4 } END { print free }')
      [ "$free" -gt 0 ] || fail ${NO_SPACE} 'no space left on the disk'
      fail 1 'the file could not be written'
      ;;
    22) fail 10 'the source has no such file for us' ;;
    33 | 36) rm -f "./$3"; fail 1 'the source cannot go on in the middle of a file' ;;
    63) fail 10 "the source's file is larger" ;;
    *) fail 1 "curl ended with $code" ;;
  esac
fi
size "$3"
printf '%s %s\\n' $before $size
`;
