/*
 * Shell functions that several scripts begin with. POSIX sh only: they run under dash, busybox, bash and the sh of macOS.
 * Scripts are constant text; every value reaches them as a positional argument.
 */

/** `fail CODE TEXT`: ends the script with words on stderr. Messages of tools are in English, so that they can be told apart. */
export const shellStart = `
export LC_ALL=C
unset CDPATH
umask 077
fail() { printf '%s\\n' "$2" >&2; exit "$1"; }
`;

/**
 * `enter FOLDER ID`: goes into a folder and makes sure that it is the one whose identity `dev:inode` was seen; `new` takes any
 * real folder, `any` also one behind a link. Ends with 10 when it is not. `resolve FOLDER` sets $folder to the absolute path.
 */
export const shellEnter = `
identity() { stat -c %d:%i "$1" 2>/dev/null || stat -f %d:%i "$1" 2>/dev/null; }
resolve() {
  case $1 in
    '~') folder=$HOME ;;
    '~/'*) folder=$HOME/\${1#??} ;;
    /*) folder=$1 ;;
    *) fail 10 'the path of the models folder is not absolute' ;;
  esac
  folder=\${folder%/}
}
enter() {
  resolve "$1"
  if [ "$2" = new ] && [ -L "$folder" ]; then fail 10 'a link is where the models folder should be'; fi
  cd -P "$folder/" 2>/dev/null || fail 10 'the models folder cannot be entered'
  case $2 in
    new | any) ;;
    *) [ "$(identity .)" = "$2" ] || fail 10 'the models folder is not the one that was looked at' ;;
  esac
}
`;

/**
 * `look NAME`: sets $state to the token of a name (`absent`, `link:TEXT`, `file:INODE:SIZE:MTIME_NS`, `folder`, `other`).
 * `expect NAME TOKEN`: ends with 10 unless the name is in that state now.
 */
export const shellState = `
look() {
  if [ -L "./$1" ]; then
    state=$(readlink -n "./$1" && printf x) || fail 1 "the link $1 cannot be read"
    state=link:\${state%x}
  elif [ -f "./$1" ]; then
    numbers "./$1"
  elif [ -d "./$1" ]; then state=folder
  elif [ -e "./$1" ]; then state=other
  else state=absent
  fi
}
numbers() {
  if set -- "$1" $(stat -c '%i %s %Y %y' "$1" 2>/dev/null) && [ $# -ge 6 ]; then
    case $6 in *.*) state=file:$2:$3:$4\${6#*.} ;; *) state=file:$2:$3:\${4}000000000 ;; esac
  elif set -- "$1" $(stat -f '%i %z %Fm' "$1" 2>/dev/null) && [ $# -eq 4 ]; then
    state=file:$2:$3:\${4%.*}\${4#*.}
  else
    fail 1 'no stat that tells inode, size and time'
  fi
}
expect() {
  look "$1"
  [ "$state" = "$2" ] || fail 10 "$1 is not what it was when the plan was made"
}
`;

/**
 * `digest NAME`: sets $sum to the sha256 of a file by the first tool there is, fastest first; ends with 11 when there is none.
 * python3 runs isolated, or a module lying in the models folder would be loaded.
 */
export const shellDigest = `
digest() {
  if command -v openssl >/dev/null 2>&1 && sum=$(openssl dgst -sha256 <"./$1" 2>/dev/null); then sum=\${sum##* }
  elif command -v python3 >/dev/null 2>&1 && sum=$(python3 -I -c '
import hashlib, sys
h = hashlib.sha256()
for block in iter(lambda: sys.stdin.buffer.read(1 << 20), b""): h.update(block)
print(h.hexdigest())' <"./$1" 2>/dev/null); then :
  elif command -v sha256sum >/dev/null 2>&1 && sum=$(sha256sum <"./$1"); then sum=\${sum%% *}
  elif command -v shasum >/dev/null 2>&1 && sum=$(shasum -a 256 <"./$1"); then sum=\${sum%% *}
  else fail 11 'no openssl, python3, sha256sum or shasum that works'
  fi
  case $sum in *[!0-9a-f]*) sum= ;; esac
  [ \${#sum} -eq 64 ] || fail 1 "the sha256 of $1 cannot be told"
}
`;
