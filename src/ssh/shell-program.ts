/*
 * What runs on the node. The exec request always carries one of two fixed texts; scripts and their arguments follow on
 * standard input as lines and are taken by `read`, so that no value is ever parsed by a shell. The texts hold no single
 * quote, no line end, no `!` and no double backslash: login shells such as fish and csh pass them on unharmed.
 *
 * The resident shell is the leader of its own process group (sshd starts every command in a new session; where it did not,
 * setsid does) and only reads: the script runs beside it in the background. End of input therefore reaches it at any time, and
 * it then kills its group, that is the script with all its children and itself, whoever closed the channel and for whatever
 * reason.
 */

const leader = (program: string): string => {
  const start = 'kill -0 -$$ 2>/dev/null && eval "$1"; exec setsid sh -c "$1" medic "$1"';
  return `exec sh -c '${start}' medic '${program}'`;
};

// IFS is space, tab, line end in every new shell: the only way to a line end without a quoted one and without a fork.
const start = 'LC_ALL=C; export LC_ALL; trap "" TERM; n=${IFS#??}; w=; cd';

const readValue = (onEnd: string): string =>
  `medic_value() { IFS= read -r k && IFS= read -r v || ${onEnd}; ` +
  `while [ "$k" -gt 1 ]; do IFS= read -r l || ${onEnd}; v=$v$n$l; k=$((k-1)); done; }`;

const readArguments = 'set --; while [ "$a" -gt 0 ]; do medic_value; set -- "$@" "$v"; a=$((a-1)); done';

const script = '( trap - TERM; eval "unset a c k l m n r s v w x${n}$x" )';

/** Runs one script after the other; requests are made by `cacheRequest`, `runRequest` and `guardRequest`. */
export const residentCommand = leader(
  [
    start,
    'medic_end() { [ -z "$w" ] || kill -KILL "-$w"; kill -KILL 0; exit 1; }',
    readValue('medic_end'),
    'while read -r c m s a; do case $c in ' +
      'S) medic_value; eval "medic_$s=\\$v";; ' +
      'G) w=$m;; ' +
      `R) ${readArguments}; eval "x=\\$medic_$s"; wait; ` +
      // TERM ends what the script left behind; this shell and the one that writes the marks ignore it.
      `( printf "%s<" "$m"; printf "%s<" "$m" >&2; ${script} </dev/null; r=$?; kill -TERM 0; ` +
      'printf "%s>%d\\n" "$m" "$r" >&2; printf "%s>%d\\n" "$m" "$r" ) & ;; ' +
      'esac; done',
    'medic_end',
  ].join('; '),
);

/** Runs one script whose input and output are the channel's own, so that they stay binary and flow with backpressure. */
export const streamCommand = leader(
  [
    start,
    readValue('exit 255'),
    'read -r m a || exit 255',
    `medic_value; x=$v; ${readArguments}`,
    'printf "%s<" "$m"; printf "%s<%d\\n" "$m" "$$" >&2',
    'IFS= read -r l || exit 255',
    script,
    'r=$?; kill -TERM 0; exit "$r"',
  ].join('; '),
);

/** Keeps a script in the resident shell under a slot, so that running it again sends only its arguments. */
export function cacheRequest(slot: number, text: string): string {
  return `S - ${slot}\n${valueLines(text)}`;
}

/** Runs the script of a slot; `mark` (letters and digits, not to be guessed) frames what it prints. */
export function runRequest(options: { slot: number; mark: string; args: readonly string[] }): string {
  return `R ${options.mark} ${options.slot} ${options.args.length}\n${options.args.map(valueLines).join('')}`;
}

/** Makes the resident shell end this process group too when its input ends; null: no longer. */
export function guardRequest(group: number | null): string {
  return `G ${group ?? ''}\n`;
}

/** First input of the stream command; `streamGo` must follow before the script starts. */
export function streamRequest(options: { mark: string; script: string; args: readonly string[] }): string {
  return `${options.mark} ${options.args.length}\n${[options.script, ...options.args].map(valueLines).join('')}`;
}

/** Starts the script of the stream command; everything after it is the script's own input. */
export const streamGo = 'go\n';

/** Throws for what `sh` cannot hold at all: a byte 0 in a script or an argument. */
export function assertPassable(values: readonly string[]): void {
  if (values.some((value) => value.includes('\0'))) throw new Error('a script or an argument holds a byte 0');
}

function valueLines(value: string): string {
  return `${value.split('\n').length}\n${value}\n`;
}
