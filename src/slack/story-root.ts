import type { Execution } from '../domain/execution.ts';
import type { Incident, Prompt } from '../domain/incident.ts';
import type { ModelName, NodeName } from '../domain/names.ts';
import { between, count, duration, joined, shortHash } from '../domain/wording.ts';
import { type Block, type ButtonOptions, buttons, sections, smallPrint } from './blocks.ts';
import { escaped } from './escape.ts';
import { foldFindingsShort, foldUnknownShort, type Row } from './fold-findings.ts';
import { LINES_MAX, type StoryLook, type StoryMessage, storyMessage } from './story-message.ts';
import { since } from './wording.ts';

const MODELS_NAMED_MAX = 3;
const ALERT_MAX = 300;

/** The first message of a thread, kept true: the news, who is affected, how it stands, and what can be pressed. */
export function rootMessage(incident: Incident, look: StoryLook): StoryMessage {
  const news = newsOf(incident);
  const blocks: Block[] = [
    ...sections([`*${news}*`, ...affected(incident)]),
    ...smallPrint(standing(incident, look)),
    ...buttons(rootButtons(incident, look)),
  ];
  return storyMessage({ key: 'root', place: 'root', text: news, blocks });
}

/** The first line: what is broken, where, how far. Colour and words say the same. */
export function newsOf(incident: Incident): string {
  const { look, findings } = incident;
  if (look === undefined) return newsBeforeLook(incident);
  const total = look.scope.nodes.length;
  const unknown = unknownNodes(incident);
  if (findings.length > 0) {
    const wrong = new Set(findings.map(({ node }) => node)).size;
    const severe = incident.status === 'needs_a_human' || findings.some(({ severity }) => severity === 'critical');
    const sign = incident.status === 'repairing' ? '🟡' : severe ? '🔴' : '🟡';
    return `${sign} ${subjectOf(findings.flatMap(({ model }) => model ?? []))} wrong on ${wrong} of ${count(total, 'node')}`;
  }
  const subject = subjectOf(look.scope.models);
  if (unknown.length === 0) return `🟢 ${subject} right on ${total === 1 ? '' : 'all '}${count(total, 'node')}`;
  const right = total - unknown.length;
  if (right === 0) {
    const who = total === 1 ? 'the node does not tell' : `none of the ${total} nodes tells`;
    return `⚪ Nothing is known of ${subject.replace(/ (is|are)$/, '')}: ${who}`;
  }
  const sign = incident.isIncident ? '🟢' : '⚪';
  return `${sign} ${subject} right on ${right} of ${right} ${right === 1 ? 'node' : 'nodes'} that ${right === 1 ? 'answers' : 'answer'}, ${count(unknown.length, 'node is', 'nodes are')} unknown`;
}

/** Nodes about which something is unknown and nothing wrong is known. */
export function unknownNodes({ unknown, findings }: Pick<Incident, 'unknown' | 'findings'>): NodeName[] {
  const wrong = new Set(findings.map(({ node }) => node));
  return [...new Set(unknown.map(({ node }) => node))].filter((node) => !wrong.has(node));
}

/** `hex8_2p is`, `hex8_2p and hex8_3p are`, `5 models are`; no model at all: `Something is`. */
export function subjectOf(models: readonly ModelName[]): string {
  const names = [...new Set(models)];
  if (names.length === 0) return 'Something is';
  if (names.length > MODELS_NAMED_MAX) return `${names.length} models are`;
  return `${joined(names)} ${names.length === 1 ? 'is' : 'are'}`;
}

function newsBeforeLook(incident: Incident): string {
  const { models, nodes } = incident.scope;
  const subject = subjectOf(models).replace(/ (is|are)$/, '');
  if (incident.failures.some(({ what }) => what === 'look') && incident.status === 'needs_a_human') {
    return `⚪ ${subject}: the look at ${count(nodes.length, 'node')} failed, nothing is known`;
  }
  return `⚪ Looking at ${subject} on ${count(nodes.length, 'node')} …`;
}

function affected(incident: Incident): string[] {
  const alert = incident.alert === undefined ? [] : [`alert: ${escaped(incident.alert, ALERT_MAX)}`];
  const rows = [...foldFindingsShort(incident.findings), ...foldUnknownShort(incident.unknown)];
  const shown = rows.slice(0, LINES_MAX).map(rowText);
  const rest = rows.slice(LINES_MAX);
  const more =
    rest.length === 0
      ? []
      : [`… and ${count(new Set(rest.flatMap(({ nodes }) => nodes)).size, 'more node', 'more nodes')}: in the thread`];
  return [...alert, ...shown, ...more];
}

function rowText({ label, words }: Row): string {
  return `${label}: ${words}`;
}

function standing(incident: Incident, { names }: StoryLook): (string | undefined)[] {
  const { status, isIncident, look } = incident;
  const asked = incident.alert === undefined ? `asked by ${names(incident.openedBy)}` : names(incident.openedBy);
  if (!isIncident) return [look === undefined ? undefined : `took ${duration(look.ms)}`, asked, statusWords(incident)];
  if (status === 'resolved')
    return [
      statusWords(incident),
      `open ${duration(between(incident.openedAt, look?.at ?? incident.lastAt))}`,
      asked,
      holder(incident, names),
    ];
  return [`since ${since(incident.openedAt)}`, statusWords(incident), asked, holder(incident, names), incident.id];
}

function holder({ acknowledgedBy, status }: Incident, names: StoryLook['names']): string | undefined {
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
  const quiet = status === 'open' || status === 'needs_a_human' || status === 'resolved' || status === 'clear';
  const row: ButtonOptions[] = [];
  if (incident.findings.length > 0 && (status === 'open' || status === 'needs_a_human') && policy.mode === 'act') {
    row.push({ action: 'fix', text: 'Plan the repair', value: id, style: 'primary' });
  }
  if (quiet && (status !== 'resolved' || incident.unknown.length > 0))
    row.push({ action: 'again', text: 'Diagnose again', value: id });
  if (incident.isIncident && incident.acknowledgedBy === undefined && status !== 'resolved')
    row.push({ action: 'ack', text: 'I have it', value: id });
  return row;
}
