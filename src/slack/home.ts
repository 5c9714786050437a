import type { types } from '@slack/bolt';
import type { HomeFacts } from '../contract/home.ts';
import type { Incident } from '../domain/incident.ts';
import { matrixLines } from '../domain/matrix.ts';
import type { PersonId } from '../domain/names.ts';
import { newsOf } from '../domain/news.ts';
import { receiptLines } from '../domain/receipt-lines.ts';
import { silenceWords } from '../domain/silence.ts';
import { lockWords, readonlyWords } from '../domain/standing.ts';
import { count, riskWords, shortHash } from '../domain/wording.ts';
import { type Block, preformatted, sections, smallPrint, within } from './blocks.ts';
import { escaped } from './escape.ts';
import { clockTime, since } from './wording.ts';

const LINES_MAX = 12;
const MATRIX_LINES_MAX = 24;
const LINE_MAX = 240;

/** The Home tab of one person: a function of what the commands know, so that opening it changes nothing. Within Slack's 100 blocks of 3,000 characters. */
export function homeView(clusters: readonly HomeFacts[], names: (person: PersonId) => string): types.HomeView {
  const blocks = clusters.flatMap((facts) => [
    ...(clusters.length > 1 ? headline(`Cluster ${facts.cluster}`) : []),
    ...clusterBlocks(facts, names),
  ]);
  return { type: 'home', blocks: within(blocks, 'The rest is in `/models incidents` and `/models pending`.') };
}

/** The Home tab of somebody who is not shown anything, with the reason. */
export function closedHome(why: string): types.HomeView {
  return { type: 'home', blocks: sections([escaped(why, 1_000)]) };
}

function clusterBlocks(facts: HomeFacts, names: (person: PersonId) => string): Block[] {
  const { at, incidents, waiting, standing, silences, receipts, cluster } = facts;
  const holds = [
    ...(standing.readonly === undefined ? [] : [readonlyWords(standing.readonly)]),
    ...standing.locks.map(lockWords),
  ];
  return [
    ...listed(
      waiting.length === 0 ? 'No plan waits for you' : `${count(waiting.length, 'plan waits', 'plans wait')} for you`,
      waiting.map(
        ({ incident, prompt, plan }) =>
          `\`${shortHash(prompt.plan)}\` ${escaped(plan.summary, LINE_MAX)} · ${riskWords(plan)} · asked by ${names(prompt.requester)} · expires ${clockTime(prompt.notAfter)} · ${incident}`,
      ),
      '`/models pending`',
    ),
    ...listed(
      incidents.length === 0 ? 'No incident is open' : `${count(incidents.length, 'incident')} open`,
      incidents.map((incident) => incidentLine(incident, names)),
      '`/models incidents`',
    ),
    ...matrixBlocks(facts),
    ...(holds.length === 0
      ? []
      : listed(
          'What nobody may change',
          holds.map((line) => escaped(line, LINE_MAX)),
          '`/models locks`',
        )),
    ...(silences.length === 0
      ? []
      : listed(
          'What nobody is told of',
          silences.map((one) => escaped(silenceWords(one), LINE_MAX)),
          '`/models silence`',
        )),
    ...(receipts.length === 0
      ? []
      : listed(
          'Last receipts',
          receipts.map(
            (receipt) => `${escaped(receiptLines(receipt)[0] ?? '', LINE_MAX)} · ${clockTime(receipt.endedAt)}`,
          ),
          '`/models incidents all`',
        )),
    ...smallPrint([escaped(cluster), `as of ${clockTime(at)}: open this tab again for news`]),
  ];
}

function incidentLine(incident: Incident, names: (person: PersonId) => string): string {
  const { id, status, openedAt, acknowledgedBy, hold } = incident;
  const holder = hold?.by ?? acknowledgedBy;
  const whose = holder === undefined ? 'nobody has it' : `${names(holder)} has it`;
  return `${escaped(newsOf(incident), LINE_MAX)} · ${status.replaceAll('_', ' ')} · since ${since(openedAt)} · ${whose} · ${id}`;
}

function matrixBlocks({ look }: HomeFacts): Block[] {
  if (look === undefined)
    return sections(['*Models by nodes:* nobody has looked at all nodes lately: `/models status`']);
  const lines = matrixLines(look);
  const rest = lines.length - MATRIX_LINES_MAX;
  return [
    ...sections([`*Models by nodes*, seen ${clockTime(look.at)}`]),
    ...preformatted(
      rest > 0 ? [...lines.slice(0, MATRIX_LINES_MAX), `… and ${count(rest, 'more line')}: status`] : lines,
    ),
  ];
}

function listed(title: string, lines: readonly string[], command: string): Block[] {
  const rest = lines.length - LINES_MAX;
  return sections([
    `*${title}*`,
    ...lines.slice(0, LINES_MAX).map((line) => `• ${line}`),
    ...(rest > 0 ? [`… and ${rest} more: ${command}`] : []),
  ]);
}

function headline(text: string): Block[] {
  return [{ type: 'header', text: { type: 'plain_text', text: text.slice(0, 150) } }];
}
