import type { EntryState } from './entry-state.ts';
import type { Instant, ReceiptId } from './names.ts';
import type { PlanHash, Step, Target } from './plan.ts';
import { QUARANTINE } from './quarantine.ts';
import { shortHash } from './wording.ts';

const TEXT_MAX = 30_000;

/** What is about to be done to a node, and how a person there takes it back by hand: plain text that is written on the node before the first step. */
export function wayBackText({
  receipt,
  plan,
  at,
  target,
}: {
  readonly receipt: ReceiptId;
  readonly plan: PlanHash;
  readonly at: Instant;
  readonly target: Pick<Target, 'steps' | 'before'>;
}): string {
  const room = `${QUARANTINE}${receipt}/`;
  const lines = [
    `medic changes this folder under receipt ${receipt} (plan ${shortHash(plan)}), begun ${at.slice(0, 16).replace('T', ' ')} UTC.`,
    `If it broke off and medic cannot take it back (rollback ${receipt}), this is how a person does. Go to the models folder, in which .medic lies.`,
    `What is replaced is kept in ${room} first; where a file named below is not there, its step has not begun.`,
    '',
    'What is done, in this order:',
    ...target.steps.map((step, index) => `  ${index + 1}. ${shown(step.title)}${noWayBack(step)}`),
    '',
    'What was here before, and how each name becomes that again:',
    ...Object.entries(target.before).flatMap(([name, state]) => [
      `  ${shown(name)}: was ${stateWords(state)}`,
      `    ${backWords(name, state, room)}`,
    ]),
    '',
  ];
  return lines.join('\n').slice(0, TEXT_MAX);
}

function noWayBack({ undo }: Step): string {
  return undo.kind === 'none' ? ` (no way back: ${shown(undo.because)})` : '';
}

function stateWords(state: EntryState): string {
  switch (state.kind) {
    case 'absent':
      return 'not there';
    case 'link':
      return `a link to ${shown(state.text)}`;
    case 'file':
      return `a file of ${state.size} bytes`;
    case 'folder':
      return 'a folder';
    case 'other':
      return 'neither file, link nor folder';
  }
}

function backWords(name: string, state: EntryState, room: string): string {
  const kept = `${room}${name.replace(/^\./, '')}`;
  switch (state.kind) {
    case 'absent':
      return `mv ${word(`./${name}`)} ${word(`${kept}.undone`)}`;
    case 'link':
      // A text that cannot be read safely off a line stands alone in a file.
      return isPlain(state.text)
        ? `ln -sfn -- ${word(state.text)} ${word(`./${name}`)}`
        : `make it a link to exactly what stands in ${shown(`${kept}.link`)}`;
    case 'file':
      return `mv -f ${word(`${kept}.kept`)} ${word(`./${name}`)}`;
    case 'folder':
    case 'other':
      return 'no step changes it';
  }
}

/** Words of nodes on one line, with everything invisible made visible. */
function shown(text: string): string {
  return isPlain(text)
    ? text
    : JSON.stringify(text).replace(/[^\x20-\x7e]/gu, (one) => `\\u{${one.codePointAt(0)?.toString(16) ?? ''}}`);
}

/** A word of a command as a shell reads it back. */
function word(text: string): string {
  return `'${shown(text).replaceAll("'", `'\\''`)}'`;
}

function isPlain(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}
