import { foldNames } from './fold-names.ts';
import type { Incident } from './incident.ts';
import { isOver } from './incident-status.ts';
import { newsOf } from './news.ts';
import { outcomeOf } from './receipt.ts';
import { type Moment, timelineRows } from './timeline.ts';
import { between, duration, outcomeWords, shortHash } from './wording.ts';

/** What a review of an incident begins with, for programs: how long, who, what was wrong and what was done. */
export function reviewOf(incident: Incident) {
  const { id, status, openedAt, openedBy, acknowledgedBy, alert, scope, seen } = incident;
  const found = incident.lookThatFound ?? incident.look;
  const endedAt = isOver(status) ? (incident.closed?.at ?? incident.look?.at ?? incident.lastAt) : undefined;
  return {
    incident: id,
    status,
    news: newsOf(incident),
    openedAt,
    openedBy,
    ...(endedAt === undefined ? {} : { endedAt, openMs: between(openedAt, endedAt) }),
    ...(alert === undefined ? {} : { alert, seen }),
    ...(acknowledgedBy === undefined ? {} : { acknowledgedBy }),
    scope,
    found: (found?.report.findings ?? []).map(({ id: finding, code, node, model, subject, severity, title }) => ({
      id: finding,
      code,
      node,
      ...(model === undefined ? {} : { model }),
      subject,
      severity,
      title,
    })),
    left: incident.findings.map(({ id: finding }) => finding),
    receipts: incident.executions.flatMap(({ finished, plan }) =>
      finished === undefined
        ? []
        : [
            {
              id: finished.id,
              plan,
              outcome: outcomeOf(finished),
              targets: finished.targets.map(({ node, outcome }) => ({ node, outcome })),
            },
          ],
    ),
  };
}

/** The same as a document that a review can start from, with places to write. Nothing in it is parsed as Markdown but our own marks. */
export function reviewMarkdown(incident: Incident, moments: readonly Moment[]): string {
  const review = reviewOf(incident);
  const open = review.openMs === undefined ? 'it is still open' : `it was open for ${duration(review.openMs)}`;
  return [
    `# ${cell(`${review.incident}: ${review.news}`)}`,
    '',
    `Opened ${time(review.openedAt)} UTC by ${cell(review.openedBy)}; ${open}; ${review.acknowledgedBy === undefined ? 'nobody had it' : `${cell(review.acknowledgedBy)} had it`}.`,
    ...(review.alert === undefined ? [] : ['', `Alert, told ${review.seen} times: ${cell(review.alert)}`]),
    '',
    '## What was wrong',
    '',
    ...listed(
      review.found.map(({ node, title, severity }) => `${node}: ${title} (${severity})`),
      'Nothing was found.',
    ),
    '',
    '## What was done',
    '',
    ...listed(
      review.receipts.map(({ id, plan, outcome, targets }) => {
        const each = [...new Set(targets.map((target) => target.outcome))].map((how) => {
          const those = targets.filter((target) => target.outcome === how).map(({ node }) => node);
          return `${foldNames(those)} ${outcomeWords[how]}`;
        });
        return `${id}, plan ${shortHash(plan)}: ${outcome.replaceAll('_', ' ')}: ${each.join('; ')}`;
      }),
      'Nothing was changed by medic.',
    ),
    '',
    '## Timeline',
    '',
    'Times are UTC.',
    '',
    ...timelineRows(moments),
    '',
    '## For the review',
    '',
    '- Why did it happen?',
    '- What told us, and could it have told us sooner?',
    '- What will be different, who does it, until when?',
    '',
  ].join('\n');
}

function listed(lines: readonly string[], otherwise: string): string[] {
  return lines.length === 0 ? [otherwise] : lines.map((line) => `- ${cell(line)}`);
}

function time(at: string): string {
  return at.slice(0, 19).replace('T', ' ');
}

function cell(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+!|<>~]/g, (mark) => `\\${mark}`);
}
