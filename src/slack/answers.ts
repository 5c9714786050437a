import { type Block, preformatted, sections } from './blocks.ts';
import { escaped } from './escape.ts';
import { mention } from './wording.ts';

/** Words for one person or one thread. */
export type Answer = { readonly text: string; readonly blocks: Block[] };

const LINES_SHOWN_MAX = 60;
const CHARACTERS_MAX = 6_000;

/** Plain lines as a message: the first is the news, the rest monospaced as a shell shows it; cut with a word on how to see more. */
export function answerOf(lines: readonly string[]): Answer {
  const [news = 'Done.', ...rest] = lines;
  const text = escaped(news, 900);
  const shown = cut(rest.map(visible));
  const left = rest.length - shown.length;
  const more =
    left === 0
      ? []
      : [
          `… and ${left} more ${left === 1 ? 'line' : 'lines'}: name fewer models or nodes (\`on vast-1\`), or see all of it in a shell with \`npx medic\`.`,
        ];
  return { text, blocks: [...sections([text]), ...preformatted(shown), ...sections(more)] };
}

/** One sentence: what was refused and who or what could do it. */
export function refusalAnswer(text: string): Answer {
  const safe = withPeople(escaped(text, 1_500));
  return { text: safe, blocks: sections([safe]) };
}

/** Ids at the end of `… can.` as people; anywhere else they may be somebody's typed words and stay words. */
function withPeople(safe: string): string {
  return safe.replace(/[A-Z0-9]+\/[A-Z0-9]+(?:, [A-Z0-9]+\/[A-Z0-9]+)* can\.$/, (people) =>
    people.replace(/[A-Z0-9]+\/[A-Z0-9]+/g, mention),
  );
}

function cut(lines: readonly string[]): string[] {
  const shown: string[] = [];
  let length = 0;
  for (const line of lines.slice(0, LINES_SHOWN_MAX)) {
    length += line.length + 1;
    if (length > CHARACTERS_MAX) break;
    shown.push(line);
  }
  return shown;
}

/** Columns stay, everything invisible goes. */
function visible(line: string): string {
  return line.replace(/\t/g, '  ').replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu, '');
}
