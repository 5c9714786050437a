import type { Command, CommandContext, Reply } from '../src/contract/command.ts';
import { findIncident } from '../src/contract/find-incident.ts';
import { digestOf } from '../src/domain/digest.ts';
import { distrustWords } from '../src/domain/distrust.ts';
import type { SetAside } from '../src/domain/entry.ts';
import { IncidentId } from '../src/domain/names.ts';
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
    if (!found.ok) return (await onlyAside(words, context)) ?? { kind: 'refused', refusal: found.refusal };
    const { incident, rest } = found;
    const asJson = rest.length === 1 && rest[0] === 'json';
    if (rest.length > 0 && !asJson) {
      const text = 'timeline takes one incident, and json for a file that programs read.';
      return { kind: 'refused', refusal: { code: 'usage', text } };
    }
    const moments = timelineOf(await context.ledger.entries(incident.id));
    const aside = asideLines(await context.ledger.setAside(incident.id));
    const news = newsOf(incident);
    const json = { ...reviewOf(incident), timeline: moments };
    const content = asJson ? `${JSON.stringify(json, null, 2)}\n` : reviewMarkdown(incident, moments);
    return {
      kind: 'said',
      lines: [
        `${incident.id}: ${news} · ${count(moments.length, 'entry', 'entries')}`,
        ...timelineLines(moments).map((line) => `  ${line}`),
        ...aside,
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

/** What stands in a stream that is no incident, because nobody signed it: history from before entries were signed stays readable. */
async function onlyAside(
  [id = '']: readonly string[],
  { ledger }: Pick<CommandContext, 'ledger'>,
): Promise<Reply | undefined> {
  const aside = IncidentId.safeParse(id).success ? await ledger.setAside(id) : [];
  if (aside.length === 0) return undefined;
  return { kind: 'said', lines: [`${id} is no incident that counts.`, ...asideLines(aside)], exit: 0 };
}

function asideLines(aside: readonly SetAside[]): string[] {
  if (aside.length === 0) return [];
  const moments = aside.map(({ id, incident, at, why, event }) => {
    const [line] = event === undefined ? [] : timelineLines(timelineOf([{ id, incident, at, event }]));
    return `  ✗ ${line ?? `${id}  nothing that can be read`}  (${why})`;
  });
  const reasons = [...new Set(aside.map(({ why }) => why))].map((why) => `${why}: ${distrustWords[why]}`);
  return [`${count(aside.length, 'entry', 'entries')} counted for nothing:`, ...moments, ...reasons];
}
