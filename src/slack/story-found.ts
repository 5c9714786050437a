import { askedSummary, askedWords } from '../domain/asked.ts';
import { isDaemonLook } from '../domain/daemon.ts';
import { isDoctorLook } from '../domain/doctor.ts';
import type { CheckReport, Hypothesis } from '../domain/finding.ts';
import type { Incident } from '../domain/incident.ts';
import { differsLine, matrixLines } from '../domain/matrix.ts';
import { matrixSvg } from '../domain/matrix-picture.ts';
import { verdictLines, verdictsOf } from '../domain/verdicts.ts';
import { count, duration, joined } from '../domain/wording.ts';
import { type Block, buttons, preformatted, sections } from './blocks.ts';
import { escaped, plain } from './escape.ts';
import { foldFindings, foldUnknown } from './fold-findings.ts';
import {
  LINES_MAX,
  type StoryFile,
  type StoryLook,
  type StoryMessage,
  storyFile,
  storyMessage,
  storyPicture,
} from './story-message.ts';
import { clockTime, findingWords, reasonWords } from './wording.ts';

const NOTES_MAX = 4;
const NOTE_MAX = 160;
const CAUSE_MAX = 400;

/** What the look that found something saw, and how later looks compare; absent while the first one runs and when there is nothing to say beyond the root. */
export function foundMessage(incident: Incident): StoryMessage | undefined {
  const { look } = incident;
  const seen = incident.lookThatFound ?? look;
  if (look === undefined || seen === undefined) return undefined;
  if (seen.report.findings.length === 0 && seen.report.unknown.length === 0) return undefined;
  // Its own message says of each node what to do.
  if (isDoctorLook(seen.scope)) return undefined;
  const { findings, unknown } = seen.report;
  const found = foldFindings(findings).map(({ label, words }) => `${label}  ${words}`);
  const unsure = foldUnknown(unknown).map(({ label, words }) => `${label}  unknown: ${words}; not counted as missing`);
  const rows = [...found, ...unsure];
  const file = rows.length > LINES_MAX ? findingsFile(incident) : undefined;
  const shown =
    file === undefined
      ? rows
      : [
          ...rows.slice(0, LINES_MAX),
          `… and ${count(rows.length - LINES_MAX, 'more line')}: all of it in the file below`,
        ];
  const headline = `${summary(findings.length, unknown.length === 0 ? 0 : new Set(unknown.map(({ node }) => node)).size)}, ${count(seen.scope.nodes.length, 'node')} looked at in ${duration(seen.ms)}`;
  const blocks: Block[] = [
    ...sections([
      `*${headline}*`,
      ...shown,
      ...why(seen.report.hypotheses),
      ...ruledOut(seen.report),
      ...readOff(findings),
      ...laterLook(incident),
    ]),
    ...buttons(findings.length > 0 ? [{ action: 'evidence', text: 'Evidence', value: incident.id }] : []),
  ];
  return storyMessage({
    key: 'found',
    place: 'thread',
    text: headline,
    blocks,
    ...(file === undefined ? {} : { file }),
  });
}

/** The matrix that `status` asked for, as text and as a picture; a new picture comes only when a cell has changed. */
export function matrixMessage({ id, text, look, scope }: Incident, { cluster }: StoryLook): StoryMessage | undefined {
  if (look === undefined || text.split(' ', 1)[0] !== 'status') return undefined;
  // A look at a part, for one plan, is no new picture of the whole.
  if (look.scope.nodes.length < scope.nodes.length || look.scope.models.length < scope.models.length) return undefined;
  const { models, nodes } = look.scope;
  const headline = `${count(models.length, 'model')} on ${count(nodes.length, 'node')}, seen ${clockTime(look.at)}`;
  const lines = matrixLines(look);
  const title = [`${cluster}: ${count(models.length, 'model')} on ${count(nodes.length, 'node')}`, differsLine(look)]
    .filter((part) => part !== undefined)
    .join('. ');
  return storyMessage({
    key: 'matrix',
    place: 'thread',
    text: headline,
    blocks: [...sections([`*${headline}*`]), ...preformatted(lines)],
    file: storyPicture(`status-${id}`, title.slice(0, 250), matrixSvg(look, { cluster, at: look.at }), lines),
  });
}

/** What each source says of the daemon, one line each. */
export function sourcesMessage({ look }: Incident): StoryMessage | undefined {
  if (look === undefined || !isDaemonLook(look.scope)) return undefined;
  const headline = `${count(look.report.notes.length, 'line')} from the daemon's sources, seen ${clockTime(look.at)}`;
  const blocks = [...sections([`*${headline}*`]), ...preformatted(look.report.notes.map((note) => plain(note)))];
  return storyMessage({ key: 'sources', place: 'thread', text: headline, blocks });
}

/** The verdicts that `verify` asked for, one line a node and model; many are in a file. */
export function verdictsMessage({ id, text, look }: Incident): StoryMessage | undefined {
  if (look === undefined || text.split(' ', 1)[0] !== 'verify') return undefined;
  const lines = verdictLines(look);
  const wrong = verdictsOf(look).filter(({ verdict }) => verdict !== 'right').length;
  const headline = `${lines.length - wrong} of ${count(lines.length, 'verdict')} right, seen ${clockTime(look.at)}`;
  const file = storyFile(`verdicts-${id}`, 'A verdict a node and model', lines);
  return storyMessage({
    key: 'verdicts',
    place: 'thread',
    text: headline,
    blocks: [...sections([`*${headline}*`]), ...preformatted(lines.slice(0, LINES_MAX))],
    ...(lines.length > LINES_MAX ? { file } : {}),
  });
}

function summary(findings: number, unknown: number): string {
  if (findings === 0 && unknown === 0) return 'All right';
  return joined([
    ...(findings > 0 ? [count(findings, 'finding')] : []),
    ...(unknown > 0 ? [count(unknown, 'unknown node')] : []),
  ]);
}

/** What speaks for a cause, and what nobody can tell. */
function why(hypotheses: CheckReport['hypotheses'] = []): string[] {
  const words = (verdict: Hypothesis['verdict']): string[] =>
    hypotheses.filter((one) => one.verdict === verdict).map((one) => escaped(one.words, CAUSE_MAX));
  const supported = words('supported').slice(0, NOTES_MAX);
  const open = words('unknown').slice(0, NOTES_MAX);
  return [
    ...supported.map((cause) => `_Cause:_ ${cause}`),
    ...(open.length === 0 ? [] : [`_Not known:_ ${open.join(', ')}`]),
  ];
}

function ruledOut({ notes, hypotheses = [] }: CheckReport): string[] {
  const refuted = hypotheses.filter(({ verdict }) => verdict === 'refuted').map(({ words }) => words);
  // What a node has rules nothing out.
  const right = [...new Set([...refuted, ...notes])].filter((note) => !isPart(note) && !/^(?:no )?torch /.test(note));
  if (right.length === 0) return [];
  const shown = right.slice(0, NOTES_MAX).map((note) => escaped(note, NOTE_MAX));
  const more = right.length > NOTES_MAX ? `, and ${right.length - NOTES_MAX} more` : '';
  return [`_Not the cause:_ ${saidOnce(shown).join(', ')}${more}`];
}

/** `transport is not it: …` begins the same for each model; the second time only the rest is said. */
function saidOnce(words: readonly string[]): string[] {
  return words.map((word, index) => {
    const begins = /^[^:]+: /.exec(word)?.[0];
    return begins !== undefined && words[index - 1]?.startsWith(begins) === true ? word.slice(begins.length) : word;
  });
}

/** What was asked; the whole of it is behind the button. */
function readOff(findings: CheckReport['findings']): string[] {
  const summary = askedSummary(findings);
  return summary === '' ? [] : [`_Read off:_ ${escaped(summary, CAUSE_MAX)}`];
}

/** `19 of 24 aliases are right` rules nothing out. */
function isPart(note: string): boolean {
  const [, some, all] = /^(\d+) of (\d+) /.exec(note) ?? [];
  return some !== all;
}

/** What a look after the one that found something says; the findings above stay readable. */
function laterLook(incident: Incident): string[] {
  const { look, lookThatFound } = incident;
  if (look === undefined || lookThatFound === undefined || look.at === lookThatFound.at) return [];
  const unsure = foldUnknown(look.report.unknown)
    .slice(0, 3)
    .map(({ label }) => `${label} unknown`);
  const left = incident.findings.length;
  const news = [
    left === 0
      ? 'none of it is there any more'
      : `${left} of ${Math.max(left, lookThatFound.report.findings.length)} still there`,
    ...unsure,
  ].join('; ');
  return [
    `*Looked again ${clockTime(look.at)} (look ${incident.looks}), ${count(look.scope.nodes.length, 'node')} in ${duration(look.ms)}: ${news}*`,
  ];
}

function findingsFile({ id, look, lookThatFound }: Incident): StoryFile {
  const report = (lookThatFound ?? look)?.report;
  const found = (report?.findings ?? []).map((one) =>
    [
      one.node,
      findingWords[one.code],
      one.subject,
      plain(one.title),
      ...one.evidence.map((line) => plain(line)),
      ...(one.asked ?? []).map((asked) => plain(askedWords(asked))),
    ].join('\t'),
  );
  const unknown = (report?.unknown ?? []).map((one) =>
    [one.node, `unknown: ${reasonWords[one.reason]}`, one.check, plain(one.detail)].join('\t'),
  );
  return storyFile(`findings-${id}`, `All findings of ${id}`, [...found, ...unknown]);
}
