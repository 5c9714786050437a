import type { Command } from '../src/contract/command.ts';
import { type Incident, incidentOf } from '../src/domain/incident.ts';
import { isOver } from '../src/domain/incident-status.ts';
import { newsOf } from '../src/domain/news.ts';
import { count, duration } from '../src/domain/wording.ts';

/** The newest ones that are read; older ones are in the ledger and can be named. */
const READ_MAX = 200;

export const incidents: Command = {
  name: 'incidents',
  topic: 'incident',
  summary: 'What is wrong now, since when and who has it; with "all" also what is over',
  usage: 'incidents [all]',
  examples: ['incidents', 'incidents all'],
  right: 'look',
  async handle(words, { ledger, now }) {
    const all = words.length === 1 && words[0] === 'all';
    if (words.length > 0 && !all) {
      const text = 'incidents takes nothing after it, or the one word all.';
      return { kind: 'refused', refusal: { code: 'usage', text } };
    }
    const known = (await Promise.all((await ledger.incidents(READ_MAX)).map((id) => ledger.entries(id)))).flatMap(
      (entries) => incidentOf(entries) ?? [],
    );
    const open = known.filter(({ status }) => !isOver(status));
    const over = known.filter(({ status }) => isOver(status));
    const shown = all ? [...open, ...over] : open;
    const news = open.length === 0 ? 'No incident is open.' : `${count(open.length, 'incident')} open`;
    const more = all || over.length === 0 ? [] : [`  ${over.length} more are over: incidents all`];
    return {
      kind: 'said',
      lines: [news, ...shown.map((incident) => `  ${lineOf(incident, now())}`), ...more],
      json: { incidents: shown.map(jsonOf) },
      exit: 0,
    };
  },
};

function lineOf(incident: Incident, now: Date): string {
  const { id, status, openedAt, closed, lastAt } = incident;
  const over = isOver(status);
  const ms = (over ? Date.parse(closed?.at ?? lastAt) : now.getTime()) - Date.parse(openedAt);
  const left =
    status === 'closed' && incident.findings.length > 0
      ? ` with ${count(incident.findings.length, 'finding')} left`
      : '';
  const when = `${over ? 'was open' : 'since'} ${duration(ms)} (${openedAt.slice(0, 16).replace('T', ' ')} UTC)`;
  return [id, newsOf(incident), `${status.replaceAll('_', ' ')}${left}`, when, holderOf(incident)].join(' · ');
}

function holderOf({ acknowledgedBy, closed, hold, status }: Incident): string {
  if (status === 'closed' && closed !== undefined) return `closed by ${closed.by}`;
  if (hold !== undefined && !isOver(status)) return `${hold.by} is fixing it by hand`;
  return acknowledgedBy === undefined ? 'nobody has it' : `${acknowledgedBy} has it`;
}

function jsonOf(incident: Incident) {
  const { id, status, openedAt, openedBy, acknowledgedBy, findings, unknown } = incident;
  const people = acknowledgedBy === undefined ? {} : { acknowledgedBy };
  return {
    id,
    status,
    news: newsOf(incident),
    openedAt,
    openedBy,
    ...people,
    findings: findings.length,
    unknown: unknown.length,
  };
}
