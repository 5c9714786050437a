import type { Command } from '../src/contract/command.ts';
import { findIncident } from '../src/contract/find-incident.ts';
import { digestOf } from '../src/domain/digest.ts';
import { newsOf } from '../src/domain/news.ts';
import { timelineLines, timelineMarkdown, timelineOf } from '../src/domain/timeline.ts';
import { count } from '../src/domain/wording.ts';

export const timeline: Command = {
  name: 'timeline',
  summary: 'Everything that happened in an incident, in words, with times; @medic in its thread gives it as a file',
  usage: 'timeline [incident]',
  examples: ['timeline i-0412aa07'],
  right: 'look',
  async handle(words, context) {
    const found = await findIncident(words, context, 'timeline');
    if (!found.ok) return { kind: 'refused', refusal: found.refusal };
    const { incident, rest } = found;
    if (rest.length > 0)
      return { kind: 'refused', refusal: { code: 'usage', text: 'timeline takes one incident and nothing after it.' } };
    const moments = timelineOf(await context.ledger.entries(incident.id));
    const news = newsOf(incident);
    const content = timelineMarkdown(`${incident.id}: ${news}`, moments);
    return {
      kind: 'said',
      lines: [
        `${incident.id}: ${news} · ${count(moments.length, 'entry', 'entries')}`,
        ...timelineLines(moments).map((line) => `  ${line}`),
      ],
      json: { incident: incident.id, status: incident.status, timeline: moments },
      // The name holds the digest of what is in it, so that the same file is put into a thread once.
      file: {
        name: `timeline-${incident.id}-${digestOf(content).slice(0, 8)}.md`,
        title: `Timeline of ${incident.id}`,
        content,
      },
      exit: 0,
    };
  },
};
