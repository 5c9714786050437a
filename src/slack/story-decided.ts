import type { Execution } from '../domain/execution.ts';
import type { Incident } from '../domain/incident.ts';
import type { Prompt } from '../domain/incident-prompt.ts';
import type { NodeName } from '../domain/names.ts';
import type { Plan } from '../domain/plan.ts';
import { outcomeOf } from '../domain/receipt.ts';
import { AHEAD_WORDS, progressWords } from '../domain/transfer-progress.ts';
import { between, count, duration, joined, outcomeWords } from '../domain/wording.ts';
import { type Block, type ButtonOptions, buttons, sections } from './blocks.ts';
import { escaped } from './escape.ts';
import { nodesLabel } from './fold-findings.ts';
import { LINES_MAX, type StoryLook } from './story-message.ts';
import { factsLine, runWindow } from './story-plan.ts';
import { clockTime, outcomeSigns } from './wording.ts';

/** A prompt that was decided on: who said yes, how far it is, how it ended, and what can be done now. */
export function decidedBody(incident: Incident, prompt: Prompt, plan: Plan, look: StoryLook): Block[] {
  const { names } = look;
  const execution = incident.executions.find(({ request }) => request === prompt.request);
  const asked = `asked by ${names(prompt.requester)}`;
  const yes =
    prompt.approvedBy.length === 0
      ? undefined
      : `approved ${prompt.standing === undefined ? '' : `in advance (${prompt.standing}) `}by ${joined(prompt.approvedBy.map(names))}`;
  const lines = [
    factsLine(plan, incident.besides.get(prompt.plan)),
    [asked, yes, executionTime(execution)].filter((part) => part !== undefined).join(' · '),
  ];
  if (prompt.ended !== undefined) lines.push(endedLine(prompt, names));
  else if (execution !== undefined) lines.push(...progressLines(plan, execution, names));
  else lines.push(`Approved and signed; it is about to run${runWindow(prompt).replace(', then', ', with')}.`);
  const running = execution !== undefined && execution.finished === undefined && execution.cancelledBy === undefined;
  const details: ButtonOptions[] = [
    { action: 'details', text: 'Details', value: prompt.request },
    ...(running ? [cancelButton(plan, execution)] : []),
  ];
  return [...sections(lines), ...buttons(nextButtons(incident, prompt, details))];
}

/** What expired keeps the one button that asks for it again; what did not run for another reason can be planned again. */
function nextButtons(
  { status, findings }: Incident,
  { state, request }: Prompt,
  details: readonly ButtonOptions[],
): readonly ButtonOptions[] {
  const again = (text: string): ButtonOptions => ({ action: 'replan', text, value: request });
  if (state === 'expired') return [again('Ask again')];
  const isOpen = (status === 'open' || status === 'needs_a_human') && findings.length > 0;
  const ended = state === 'rejected' || state === 'withdrawn';
  if (state === 'refused' || state === 'stale' || (ended && isOpen)) return [again('Plan again'), ...details];
  return details;
}

function cancelButton(plan: Plan, { receipt }: Execution): ButtonOptions {
  const text = `Nothing more is begun of “${plan.summary}”. A step that runs is ended or taken back; nodes that are done stay as they are.`;
  const confirm = { title: 'Cancel the change', text: text.slice(0, 300), yes: 'Cancel it' };
  return { action: 'cancel', text: 'Cancel', value: receipt, style: 'danger', confirm };
}

function endedLine({ state, ended }: Prompt, names: StoryLook['names']): string {
  const by = ended?.by === undefined ? '' : ` by ${names(ended.by)}`;
  const at = ended === undefined ? '' : ` ${clockTime(ended.at)}`;
  const why = escaped(ended?.why ?? '', 600);
  const nothing = /nothing was (run|changed)/i.test(why) ? '' : ' Nothing was run.';
  const word = `${state.charAt(0).toUpperCase()}${state.slice(1)}`;
  return `*${word}${by}${at}*${why === '' ? '.' : `: ${why}${/[.!?]$/.test(why) ? '' : '.'}`}${nothing}`;
}

function executionTime(execution: Execution | undefined): string | undefined {
  if (execution === undefined) return undefined;
  const { finished, startedAt } = execution;
  return finished === undefined
    ? `started ${clockTime(startedAt)}`
    : `ran ${clockTime(startedAt)}, ${duration(between(finished.startedAt, finished.endedAt))}`;
}

function progressLines(plan: Plan, execution: Execution, names: StoryLook['names']): string[] {
  const { results, finished, receipt } = execution;
  const groups = new Map<string, NodeName[]>();
  for (const { node, outcome } of results) {
    const words = `${outcomeSigns[outcome]} ${outcomeWords[outcome]}`;
    groups.set(words, [...(groups.get(words) ?? []), node]);
  }
  const lines = [...groups].map(([words, nodes]) => `${words}: ${nodesLabel(nodes)}`);
  if (finished !== undefined) {
    const ended = { done: 'Done', partial: 'Partly done', failed: 'Failed' }[outcomeOf(finished)];
    const words = finished.cancelledBy === undefined ? ended : 'Cancelled';
    return [...lines, `*${words}*: receipt ${receipt} below`];
  }
  const ended = new Set(results.map(({ node }) => node));
  const begun = new Map(
    [...execution.begun.values()].filter(({ node }) => !ended.has(node)).map((step) => [step.node, step] as const),
  );
  for (const [node, { title, undo }] of [...begun].slice(0, LINES_MAX)) {
    const progress = execution.progress.get(node);
    lines.push(
      `… \`${node}\`: ${undo ? 'taking back: ' : ''}${escaped(title, 160)}${progress === undefined ? '' : ` (${progressWords(progress)})`}`,
    );
  }
  lines.push(...earlyLines([...execution.ahead.values()].filter(({ node }) => !ended.has(node) && !begun.has(node))));
  const stop =
    execution.cancelledBy === undefined
      ? []
      : [`Cancelled by ${names(execution.cancelledBy)}: what runs now ends or is taken back, nothing more is begun.`];
  return [...lines, `${results.length} of ${count(plan.targets.length, 'node')} done`, ...stop];
}

/** Bytes on nodes whose turn has not come, folded. */
function earlyLines(early: readonly { readonly node: NodeName; readonly whole: boolean }[]): string[] {
  const coming = new Set(early.flatMap(({ node, whole }) => (whole ? [] : [node])));
  const there = new Set(early.flatMap(({ node }) => (coming.has(node) ? [] : [node])));
  return [
    ...(coming.size === 0 ? [] : [`… ${nodesLabel([...coming])}: ${AHEAD_WORDS}`]),
    ...(there.size === 0
      ? []
      : [`… ${nodesLabel([...there])}: the bytes are there under a temporary name, its turn is to come`]),
  ];
}
