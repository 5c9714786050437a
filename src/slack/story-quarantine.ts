import type { Incident } from '../domain/incident.ts';
import { isQuarantineLook, quarantineLines } from '../domain/quarantine.ts';
import { count } from '../domain/wording.ts';
import { preformatted, sections } from './blocks.ts';
import { plain } from './escape.ts';
import { LINES_MAX, type StoryMessage, storyFile, storyMessage } from './story-message.ts';
import { clockTime } from './wording.ts';

/** What lies in quarantine, one line a file; many are in a file. */
export function quarantineMessage({ id, look }: Incident): StoryMessage | undefined {
  if (look === undefined || !isQuarantineLook(look.scope)) return undefined;
  const lines = quarantineLines(look.report.kept ?? []);
  if (lines.length === 0) return undefined;
  const headline = `${count(lines.length, 'line')} of what is kept, seen ${clockTime(look.at)}; \`quarantine prune\` makes a plan that deletes what has had its time`;
  const file = storyFile(`quarantine-${id}`, 'What lies in quarantine', lines);
  return storyMessage({
    key: 'quarantine',
    place: 'thread',
    text: headline,
    blocks: [...sections([`*${headline}*`]), ...preformatted(lines.slice(0, LINES_MAX).map((line) => plain(line)))],
    ...(lines.length > LINES_MAX ? { file } : {}),
  });
}
