import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Step } from '../../../src/domain/plan.ts';

/** Where a change of a node stops: before or after the one call that changes a name, while a model arrives, or when the node is looked at. */
export type Moment =
  | { readonly at: 'before' | 'after'; readonly name: string }
  /** While the bytes of a model come in. */
  | { readonly at: 'arriving' }
  /** At the look before the first step. */
  | { readonly at: 'first look' }
  /** At the look after this name was changed. */
  | { readonly at: 'look after'; readonly name: string };

/** The name of the file that a step changes, as the node's own log of changes has it. */
export function changedBy(step: Step): string {
  if (step.kind === 'transfer' || step.kind === 'await') return step.file;
  if (step.kind === 'record') return step.model;
  if (step.kind === 'trust') return 'known_hosts';
  const [action, folder = '', , alias = ''] = step.argv;
  return action === 'make-folder' ? (folder.split('/').at(-1) ?? '') : alias;
}

/** Line of sshd_config with which the node's commands find the programs of `bin` first. */
export function pathLine(bin: string): string {
  return `ForceCommand PATH=${bin}:$PATH exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"`;
}

/**
 * Writes programs that stand before the node's own: each change of a model, an alias or the models folder is appended to `~/ran`
 * when it was done, and waits where `~/hold` says so.
 */
export function writeHoldingPrograms(bin: string): void {
  mkdirSync(bin, { recursive: true });
  for (const name of ['mv', 'ln', 'mkdir']) writeProgram(bin, name, CHANGES);
  writeProgram(bin, 'cat', ARRIVES);
  writeProgram(bin, 'find', LOOKS);
}

/** Makes the node wait at this moment; undefined: nowhere any more. */
export function hold(home: string, moment: Moment | undefined): void {
  rmSync(join(home, 'reached'), { force: true });
  if (moment === undefined) rmSync(join(home, 'hold'), { force: true });
  else writeFileSync(join(home, 'hold'), `${wordsOf(moment)}\n`);
}

/** Makes the next changes of this name fail on the node; undefined: of none any more. */
export function failAt(home: string, name: string | undefined): void {
  if (name === undefined) rmSync(join(home, 'fail'), { force: true });
  else writeFileSync(join(home, 'fail'), `${name}\n`);
}

/** Whether the node waits at the moment now. */
export function isHeld(home: string): boolean {
  const file = join(home, 'reached');
  return existsSync(file) && isAlive(readFileSync(file, 'utf8'));
}

/** The changes that were made on the node, oldest first. */
export function changesOn(home: string): string[] {
  const file = join(home, 'ran');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
}

/** Forgets the changes so far. */
export function forgetChanges(home: string): void {
  rmSync(join(home, 'ran'), { force: true });
}

/** A process that nobody has reaped yet does nothing any more. */
function isAlive(pid: string): boolean {
  const stat = join('/proc', pid, 'stat');
  if (pid === '' || !existsSync(stat)) return false;
  return !/\) [ZX] /.test(readFileSync(stat, 'utf8'));
}

function wordsOf(moment: Moment): string {
  return 'name' in moment ? `${moment.at} ${moment.name}` : moment.at;
}

function writeProgram(bin: string, name: string, body: string): void {
  const file = join(bin, name);
  writeFileSync(file, `#!/bin/sh\nreal=/usr/bin/${name}\n[ -x $real ] || real=/bin/${name}\n${WAIT}${body}`);
  chmodSync(file, 0o755);
}

const WAIT = `
wait_at() {
  [ -e "$HOME/hold" ] && [ "$(/bin/cat "$HOME/hold")" = "$1" ] || return 0
  printf '%s' $$ >"$HOME/reached"
  while [ -e "$HOME/hold" ]; do sleep 0.05; done
}
`;

// A rename away from a name changes it as well as one onto it; links into the quarantine change nothing.
const CHANGES = `
changed=
for word do last=$word; done
case $last in ./canonical_* | ./ringrift_best_* | ./models) changed=\${last#./} ;; esac
case "$0 $2" in *"/mv ./ringrift_best_"* | *"/mv ./canonical_"*) changed=\${2#./} ;; esac
case "$0 $1 $last" in
  *"/mv ./.medic-"*" .medic/quarantine/"*) changed=\${1#./} ;;
  *"/ln .medic/quarantine/"*"/medic-"*) changed=\${last#./} ;;
esac
[ -n "$changed" ] || exec $real "$@"
wait_at "before $changed"
if [ -e "$HOME/fail" ] && [ "$(/bin/cat "$HOME/fail")" = "$changed" ]; then
  printf '%s: No space left on device\\n' "$changed" >&2
  exit 1
fi
$real "$@" || exit
printf '%s\\n' "$changed" >>"$HOME/ran"
wait_at "after $changed"
`;

const ARRIVES = `
[ $# -eq 0 ] || exec $real "$@"
if [ -e "$HOME/hold" ] && [ "$(/bin/cat "$HOME/hold")" = arriving ]; then
  dd bs=1000 count=1 2>/dev/null
  wait_at arriving
fi
exec $real
`;

const LOOKS = `
[ -e "$HOME/hold" ] || exec $real "$@"
wait_at 'first look'
[ ! -e "$HOME/ran" ] || wait_at "look after $(tail -n 1 "$HOME/ran")"
exec $real "$@"
`;
