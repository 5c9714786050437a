import { mayDecide } from '../domain/approval.ts';
import type { Execution } from '../domain/execution.ts';
import type { Incident } from '../domain/incident.ts';
import type { Prompt } from '../domain/incident-prompt.ts';
import type { NodeName, PersonId } from '../domain/names.ts';
import { batchesOf, bytesOf, type Plan, type Step } from '../domain/plan.ts';
import { diskWords, relayWords } from '../domain/plan-lines.ts';
import { type Policy, peopleNamed, secondsToRun } from '../domain/policy.ts';
import { outcomeOf } from '../domain/receipt.ts';
import { progressWords } from '../domain/transfer-progress.ts';
import { trustLines } from '../domain/trust.ts';
import { between, bytes, count, duration, joined, outcomeWords, riskWords, shortHash } from '../domain/wording.ts';
import { type Block, type ButtonOptions, buttons, sections } from './blocks.ts';
import { escaped } from './escape.ts';
import { nodesLabel } from './fold-findings.ts';
import { LINES_MAX, type StoryLook, type StoryMessage, storyMessage } from './story-message.ts';
import { clockTime, outcomeSigns } from './wording.ts';

const SUMMARY_MAX = 260;
const APPROVERS_NAMED_MAX = 6;
const STEPS_NAMED_MAX = 4;

/** The prompt of one request, edited as it lives: what would run and who may say yes, then who did, then how far it is, then how it ended. */
export function promptMessage(incident: Incident, prompt: Prompt, look: StoryLook): StoryMessage | undefined {
  const plan = incident.plans.get(prompt.plan);
  if (plan === undefined) return undefined;
  const title = `Plan ${shortHash(prompt.plan)}: ${escaped(plan.summary, SUMMARY_MAX)}`;
  const body = prompt.state === 'waiting' ? waitingBody(prompt, plan, look) : decidedBody(incident, prompt, plan, look);
  const text =
    prompt.state === 'waiting'
      ? `${title} – ${prompt.needed === 0 ? 'ready to run' : 'approval needed'}`
      : `${title} – ${stateWords(prompt)}`;
  return storyMessage({
    key: `prompt-${prompt.request}`,
    place: 'thread',
    // Whether the channel sees it must not depend on when it was posted, so it does not depend on the state.
    broadcast: prompt.needed > 0,
    // Progress may wait; that the buttons are gone may not.
    urgent: prompt.state !== 'running',
    text,
    blocks: [...sections([`*${title}*`]), ...body],
  });
}

/** People who may say yes to this plan, in the order of medic.yaml. */
export function approversOf(plan: Plan, requester: PersonId, policy: Policy): PersonId[] {
  return peopleNamed(policy).filter((person) => mayDecide(person, { requester, plan, policy }));
}

function waitingBody(prompt: Prompt, plan: Plan, look: StoryLook): Block[] {
  const { names } = look;
  const mine = prompt.needed === 0;
  const decision = [
    `asked by ${names(prompt.requester)}`,
    mine
      ? `no approval by others needed: ${whoMay(prompt, plan, look)} may press Approve`
      : `${count(prompt.needed, 'approval')} needed from ${whoMay(prompt, plan, look)}`,
    ...(mine
      ? []
      : [
          `*${haveOf(prompt)} of ${prompt.needed}*${prompt.approvedBy.length === 0 ? '' : ` (${joined(prompt.approvedBy.map(names))})`}`,
        ]),
    `expires ${clockTime(prompt.notAfter)} (${duration(between(prompt.madeAt, prompt.notAfter))} to decide)`,
  ].join(' · ');
  const approve: ButtonOptions = {
    action: 'approve',
    text: 'Approve',
    value: prompt.request,
    style: 'primary',
    ...(plan.risk === 'replaces-weights' ? { confirm: replaceDialog(prompt, plan) } : {}),
  };
  const row: ButtonOptions[] = [
    approve,
    { action: 'reject', text: 'Reject …', value: prompt.request },
    { action: 'details', text: 'Details', value: prompt.request },
  ];
  const relayed = relayLines(plan);
  const lines = [factsLine(plan), courseLine(plan), ...stepLines(plan), ...relayed, ...keyLines(plan), decision];
  return [...sections(lines), ...buttons(row)];
}

function decidedBody(incident: Incident, prompt: Prompt, plan: Plan, look: StoryLook): Block[] {
  const { names } = look;
  const execution = incident.executions.find(({ request }) => request === prompt.request);
  const asked = `asked by ${names(prompt.requester)}`;
  const yes = prompt.approvedBy.length === 0 ? undefined : `approved by ${joined(prompt.approvedBy.map(names))}`;
  const lines = [
    factsLine(plan),
    [asked, yes, executionTime(execution)].filter((part) => part !== undefined).join(' · '),
  ];
  if (prompt.ended !== undefined) lines.push(endedLine(prompt, names));
  else if (execution !== undefined) lines.push(...progressLines(plan, execution, names));
  else lines.push('Approved and signed; it is about to run.');
  const running = execution !== undefined && execution.finished === undefined && execution.cancelledBy === undefined;
  const details: ButtonOptions[] = [
    { action: 'details', text: 'Details', value: prompt.request },
    ...(running ? [cancelButton(plan, execution)] : []),
  ];
  const again =
    prompt.ended !== undefined &&
    (incident.status === 'open' || incident.status === 'needs_a_human') &&
    incident.findings.length > 0;
  return [
    ...sections(lines),
    ...buttons(again ? [{ action: 'fix', text: 'Plan again', value: incident.id }, ...details] : details),
  ];
}

function cancelButton(plan: Plan, { receipt }: Execution): ButtonOptions {
  const text = `Nothing more is begun of “${plan.summary}”. A step that runs is ended or taken back; nodes that are done stay as they are.`;
  const confirm = { title: 'Cancel the change', text: text.slice(0, 300), yes: 'Cancel it' };
  return { action: 'cancel', text: 'Cancel', value: receipt, style: 'danger', confirm };
}

/** Risk, bytes and time in one line. */
function factsLine(plan: Plan): string {
  const moved = bytesOf(plan);
  const sources = [...new Set(Object.values(plan.source).map(({ node }) => node))];
  const from = sources.length === 0 ? '' : ` from ${sources.map((node) => `\`${node}\``).join(', ')}`;
  return [
    riskWords(plan),
    moved === 0 ? 'no bytes moved' : `${bytes(moved)}${from}, ${diskWords(plan)}`,
    `about ${duration(secondsToRun(plan) * 1_000)}`,
  ].join(' · ');
}

/** In which order the nodes get it and when it stops. */
function courseLine(plan: Plan): string {
  const [first = [], ...later] = batchesOf(plan);
  const label = nodesLabel(first.map(({ node }) => node));
  const rest = later.map((batch) => String(batch.length));
  const course =
    rest.length === 0
      ? `on ${label}`
      : `first ${label}, then ${rest.join(', then ')} of ${count(plan.targets.length, 'node')}`;
  const stop =
    plan.failureBudget === 0 ? 'stops at the first failure' : `stops after ${count(plan.failureBudget + 1, 'failure')}`;
  return `${course} · ${stop}`;
}

/** What is done, folded over nodes that get the same. */
function stepLines(plan: Plan): string[] {
  const byTitles = new Map<string, NodeName[]>();
  for (const { node, steps } of plan.targets) {
    const words = titles(steps);
    byTitles.set(words, [...(byTitles.get(words) ?? []), node]);
  }
  const lines = [...byTitles].map(([words, nodes]) => `• ${nodesLabel(nodes)}  ${words}`);
  if (lines.length <= LINES_MAX) return lines;
  return [...lines.slice(0, LINES_MAX), `… and ${count(lines.length - LINES_MAX, 'more line')}: Details shows all`];
}

/** What has to be compared before a host key counts. */
function keyLines(plan: Plan): string[] {
  return trustLines(plan).map((line) => escaped(line, 400));
}

/** Who passes files on to whom, with the bytes of each link. */
function relayLines(plan: Plan): string[] {
  const lines = relayWords(plan).map((line) => `• ${escaped(line, 300)}`);
  if (lines.length <= LINES_MAX) return lines;
  return [...lines.slice(0, LINES_MAX), `… and ${count(lines.length - LINES_MAX, 'more sender')}: Details shows all`];
}

function titles(steps: readonly Step[]): string {
  const shown = steps.slice(0, STEPS_NAMED_MAX).map(({ title }) => escaped(title, 160));
  return [
    ...shown,
    ...(steps.length > STEPS_NAMED_MAX ? [`and ${count(steps.length - STEPS_NAMED_MAX, 'more step')}`] : []),
  ].join('; ');
}

function whoMay(prompt: Prompt, plan: Plan, { names, policy }: StoryLook): string {
  const people = approversOf(plan, prompt.requester, policy);
  if (people.length === 0) return 'nobody: medic.yaml lists no approver who could';
  const shown = people.slice(0, APPROVERS_NAMED_MAX).map(names);
  return people.length > APPROVERS_NAMED_MAX
    ? `${shown.join(', ')} or ${people.length - APPROVERS_NAMED_MAX} others`
    : joined(shown, 'or');
}

/** Approvals that count: the requester's own press does not, where others are needed. */
function haveOf({ approvedBy, requester }: Prompt): number {
  return approvedBy.filter((person) => person !== requester).length;
}

function replaceDialog(prompt: Prompt, plan: Plan): NonNullable<ButtonOptions['confirm']> {
  const what = `${count(plan.targets.length, 'node')} will get other model files. The files in place now are kept in quarantine.`;
  return { title: `Replace weights: plan ${shortHash(prompt.plan)}`, text: what, yes: 'Approve' };
}

function stateWords({ state }: Prompt): string {
  return state === 'executed' ? 'finished' : state === 'authorized' ? 'approved' : state;
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
  const stop =
    execution.cancelledBy === undefined
      ? []
      : [`Cancelled by ${names(execution.cancelledBy)}: what runs now ends or is taken back, nothing more is begun.`];
  return [...lines, `${results.length} of ${count(plan.targets.length, 'node')} done`, ...stop];
}
