/** Most characters of one line that somebody else wrote. */
const LINE_MAX = 300;

/**
 * Text that is not ours, made safe for mrkdwn: `& < >` become entities, so no mention, link, date or broadcast can be written with it;
 * control, bidi and invisible characters go, line breaks become spaces, backticks a look-alike. The result has at most `max` characters
 * and never ends inside an entity.
 */
export function escaped(text: string, max: number = LINE_MAX): string {
  const pieces: string[] = [];
  let length = 0;
  for (const character of plain(text)) {
    const piece = ENTITIES.get(character) ?? character;
    if (length + piece.length > max) {
      while (length + 1 > max) length -= pieces.pop()?.length ?? 1;
      return `${pieces.join('')}…`;
    }
    pieces.push(piece);
    length += piece.length;
  }
  return pieces.join('');
}

/** The same for places that are never parsed (plain_text, rich text, files): invisible characters go, `& < >` stay. One line. */
export function plain(text: string, max?: number): string {
  const clean = text
    .replace(/[\p{Zl}\p{Zp}\s]+/gu, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}]/gu, '')
    .replaceAll('`', '\u02cb')
    .trim();
  return max === undefined ? clean : clipped(clean, max);
}

/** Cut to `max` UTF-16 units with an ellipsis, never through a surrogate pair. Only for text that is not mrkdwn. */
export function clipped(text: string, max: number): string {
  if (text.length <= max) return text;
  return `${text.slice(0, max - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
]);
