import type { Execution } from '../domain/execution.ts';
import type { Incident } from '../domain/incident.ts';
import type { Prompt } from '../domain/incident-prompt.ts';
import { type IncidentStatus, isOver } from '../domain/incident-status.ts';
import { newsOf } from '../domain/news.ts';
import { between, count, duration, shortHash } from '../domain/wording.ts';
import { type Block, type ButtonOptions, buttons, sections, smallPrint } from './blocks.ts';
import { escaped } from './escape.ts';
import { foldFindingsShort, foldUnknownShort, type Row } from './fold-findings.ts';
import { LINES_MAX, type StoryLook, type StoryMessage, storyMessage } from './story-message.ts';
import { clockTime, since } from './wording.ts';

const ALERT_MAX = 300;

/** The first message of a thread, kept true: the news, who is affected, how it stands, and what can be pressed. */
export function rootMessage(incident: Incident, look: StoryLook): StoryMessage {
  // What is about a node or the daemon holds words that were read there.
  const news = escaped(look.several === true ? `${look.cluster}: ${newsOf(incident)}` : newsOf(incident));
  const blocks: Block[] = [
    ...sections([`*${news}*`, ...affected(incident)]),
    ...smallPrint(standing(incident, look)),
    ...buttons(rootButtons(incident, look)),
  ];
  const reaction = reactionOf(incident);
  return storyMessage({
    key: 'root',
    place: 'root',
    text: news,
    blocks,
    ...(reaction === undefined ? {} : { reaction }),
  });
}

const REACTIONS: Readonly<Record<IncidentStatus, string>> = {
  looking: 'mag',
  open: 'rotating_light',
  planning: 'memo',
  awaiting_approval: 'raised_hand',
  repairing: 'wrench',
  verifying: 'microscope',
  needs_a_human: 'sos',
  silenced: 'mute',
  resolved: 'white_check_mark',
  clear: 'white_check_mark',
  closed: 'checkered_flag',
};

/** One reaction a state, so that a channel can be read without opening a thread. A further look changes nothing before it has ended. */
function reactionOf({ isIncident, status, look, findings, notice }: Incident): string | undefined {
  if (!isIncident || notice !== undefined) return undefined;
  return REACTIONS[status === 'looking' && look !== undefined && findings.length > 0 ? 'open' : status];
}

function affected(incident: Incident): string[] {
  const often = incident.seen > 1 ? ` · seen ${incident.seen} times, last ${clockTime(incident.lastSeenAt)}` : '';
  const alert = incident.alert === undefined ? [] : [`alert: ${escaped(incident.alert, ALERT_MAX)}${often}`];
  const missed = incident.findings.filter(({ code }) => code === 'node_unreachable' || code === 'coordinator_down');
  // That a node does not answer is said once.
  const unknown = incident.unknown.filter(({ node }) => !missed.some((one) => one.node === node));
  const rows = [...foldFindingsShort(incident.findings), ...foldUnknownShort(unknown)];
  const shown = rows.slice(0, LINES_MAX).map(rowText);
  const rest = rows.slice(LINES_MAX);
  const more =
    rest.length === 0
      ? []
      : [`… and ${count(new Set(rest.flatMap(({ nodes }) => nodes)).size, 'more node', 'more nodes')}: in the thread`];
  const notice = (incident.look === undefined ? (incident.notice ?? []) : [])
    .slice(1)
    .map((line) => escaped(line, 500));
  return [...alert, ...notice, ...joinedLines(incident), ...shown, ...more];
}

/** Many causes at once: each is an incident of its own, told here. */
function joinedLines({ joined }: Incident): string[] {
  if (joined.length === 0) return [];
  const head = `${count(joined.length, 'more cause', 'more causes')}, each an incident of its own (\`incidents\` lists all):`;
  const shown = joined.slice(0, LINES_MAX).map(({ incident, text }) => `• ${incident} ${escaped(text, 120)}`);
  return [head, ...shown, ...(joined.length > LINES_MAX ? [`… and ${joined.length - LINES_MAX} more`] : [])];
}

function rowText({ label, words }: Row): string {
  return `${label}: ${words}`;
}

function standing(incident: Incident, { names }: StoryLook): (string | undefined)[] {
  const { status, isIncident, look } = incident;
  const asked = incident.alert === undefined ? `asked by ${names(incident.openedBy)}` : names(incident.openedBy);
  if (incident.notice !== undefined && look === undefined) return [names(incident.openedBy)];
  if (!isIncident) return [look === undefined ? undefined : `took ${duration(look.ms)}`, asked, statusWords(incident)];
  if (status === 'closed') return [closedWords(incident, names), asked, incident.id];
  if (status === 'resolved')
    return [
      statusWords(incident),
      `open ${duration(between(incident.openedAt, look?.at ?? incident.lastAt))}`,
      asked,
      holder(incident, names),
    ];
  return [`since ${since(incident.openedAt)}`, statusWords(incident), asked, holder(incident, names), incident.id];
}

/** Closing makes nothing right: what was still wrong then is said. */
function closedWords({ closed, openedAt }: Incident, names: StoryLook['names']): string | undefined {
  if (closed === undefined) return undefined;
  const left = closed.findings.length === 0 ? '' : ` with ${count(closed.findings.length, 'finding')} left`;
  const reason = closed.reason === '' ? '' : ` (${escaped(closed.reason, ALERT_MAX)})`;
  return `closed by ${names(closed.by)}${left}${reason} · was open ${duration(between(openedAt, closed.at))}`;
}

function holder({ acknowledgedBy, hold, status }: Incident, names: StoryLook['names']): string | undefined {
  if (hold !== undefined && !isOver(status))
    return `${names(hold.by)} is fixing it by hand: its plans rest until ${clockTime(hold.until)}`;
  if (acknowledgedBy !== undefined) return `${names(acknowledgedBy)} has it`;
  return status === 'resolved' ? undefined : 'nobody has it yet';
}

function statusWords(incident: Incident): string | undefined {
  switch (incident.status) {
    case 'looking':
      return incident.look === undefined ? undefined : 'looking again';
    case 'planning':
      return 'planning a repair';
    case 'clear':
      return undefined;
    case 'resolved':
      return 'resolved';
    case 'open':
      return 'open';
    case 'closed':
      return 'closed';
    case 'silenced':
      return `silenced. ${escaped(incident.silencedBy ?? '', ALERT_MAX)}`;
    case 'verifying':
      return 'verifying: looking at what the repair has done';
    case 'awaiting_approval':
      return waiting(incident.prompts.filter(({ state }) => state === 'waiting'));
    case 'repairing':
      return running(
        incident.executions.findLast(({ finished }) => finished === undefined),
        incident,
      );
    case 'needs_a_human':
      return incident.look === undefined
        ? 'a person has to look: see the thread'
        : 'a repair did not end well, a person has to look: see the thread';
  }
}

function waiting(prompts: readonly Prompt[]): string {
  const [first, ...more] = prompts;
  if (first === undefined) return 'awaiting approval';
  return more.length === 0
    ? `awaiting approval of plan ${shortHash(first.plan)}`
    : `awaiting approval of ${prompts.length} plans`;
}

function running(execution: Execution | undefined, { plans }: Incident): string {
  if (execution === undefined) return 'approved, about to run';
  const total = plans.get(execution.plan)?.targets.length;
  const done = execution.results.length;
  return total === undefined ? 'repairing' : `repairing: ${done} of ${count(total, 'node')} done`;
}

function rootButtons(incident: Incident, { policy }: StoryLook): ButtonOptions[] {
  const { status, id } = incident;
  if (!incident.isIncident && incident.unknown.length === 0) return [];
  const stands = status === 'open' || status === 'needs_a_human' || status === 'verifying';
  const quiet = stands || isOver(status);
  const row: ButtonOptions[] = [];
  if (incident.findings.length > 0 && (status === 'open' || status === 'needs_a_human') && policy.mode === 'act') {
    row.push({ action: 'fix', text: 'Plan the repair', value: id, style: 'primary' });
  }
  if (incident.findings.length > 0 && status === 'open' && policy.mode === 'observe')
    row.push({ action: 'dry', text: 'Name the plans', value: id }, baselineButton(incident));
  if (quiet && (status !== 'resolved' || incident.unknown.length > 0))
    row.push({ action: 'again', text: 'Diagnose again', value: id });
  if (incident.isIncident && incident.acknowledgedBy === undefined && !isOver(status))
    row.push({ action: 'ack', text: 'I have it', value: id });
  if (incident.isIncident && (stands || status === 'awaiting_approval'))
    row.push({ action: 'silence', text: 'Silence…', value: id }, resolveButton(incident));
  return row;
}

function baselineButton({ id, findings }: Incident): ButtonOptions {
  const text = `Nobody is told of ${count(findings.length, 'finding')} again for 30 days. Nothing changes on a node; check and status go on showing all of it, and anything else that is found is told.`;
  return {
    action: 'baseline',
    text: 'Take as the baseline',
    value: id,
    confirm: { title: 'Take this as known?', text, yes: 'It is known' },
  };
}

function resolveButton({ id, findings }: Incident): ButtonOptions {
  const left =
    findings.length === 0
      ? 'Nothing is known to be wrong.'
      : `${count(findings.length, 'finding')} will stay as they are.`;
  const text = `${left} Plans that wait are withdrawn. Nothing changes on a node, and a new finding opens it again.`;
  return {
    action: 'resolve',
    text: 'Resolve',
    value: id,
    confirm: { title: 'Close this incident?', text, yes: 'Close it' },
  };
}
