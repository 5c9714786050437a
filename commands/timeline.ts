import type { Command } from '../src/contract/command.ts';
import { findIncident } from '../src/contract/find-incident.ts';
import { digestOf } from '../src/domain/digest.ts';
import { newsOf } from '../src/domain/news.ts';
import { reviewMarkdown, reviewOf } from '../src/domain/review.ts';
import { timelineLines, timelineOf } from '../src/domain/timeline.ts';
import { count } from '../src/domain/wording.ts';

export const timeline: Command = {
  name: 'timeline',
  topic: 'incident',
  summary: 'Everything that happened in an incident, in words, with times; @medic in its thread gives it as a file',
  usage: 'timeline [incident] [json]',
  examples: ['timeline i-0412aa07', 'timeline i-0412aa07 json'],
  right: 'look',
  async handle(words, context) {
    const found = await findIncident(words, context, 'timeline');
    if (!found.ok) return { kind: 'refused', refusal: found.refusal };
    const { incident, rest } = found;
    const asJson = rest.length === 1 && rest[0] === 'json';
    if (rest.length > 0 && !asJson) {
      const text = 'timeline takes one incident, and json for a file that programs read.';
      return { kind: 'refused', refusal: { code: 'usage', text } };
    }
    const moments = timelineOf(await context.ledger.entries(incident.id));
    const news = newsOf(incident);
    const json = { ...reviewOf(incident), timeline: moments };
    const content = asJson ? `${JSON.stringify(json, null, 2)}\n` : reviewMarkdown(incident, moments);
    return {
      kind: 'said',
      lines: [
        `${incident.id}: ${news} · ${count(moments.length, 'entry', 'entries')}`,
        ...timelineLines(moments).map((line) => `  ${line}`),
      ],
      json,
      // The name holds the digest of what is in it, so that the same file is put into a thread once.
      file: {
        name: `timeline-${incident.id}-${digestOf(content).slice(0, 8)}.${asJson ? 'json' : 'md'}`,
        title: `Timeline of ${incident.id}`,
        content,
      },
      exit: 0,
    };
  },
};
