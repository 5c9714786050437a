import type { EventOf } from './entry.ts';
import { CELL_SIGNS, type Cell, differsLine, type MatrixRow, matrixRows, rowLabel } from './matrix.ts';
import type { Instant } from './names.ts';
import { count } from './wording.ts';

type Look = Pick<EventOf<'checked'>, 'scope' | 'report'>;

/** Okabe and Ito's colours, told apart by every kind of colour blindness; the sign in the cell says the same. */
const FILLS: Readonly<Record<Cell, string>> = { right: '#009e73', wrong: '#d55e00', unknown: '#8c8c8c' };
const INK = '#1d1c1d';
const FAINT = '#616061';

// Sizes in pixels of a picture that a phone shows at about a third of its width.
const WIDTH = 1_080;
const EDGE = 36;
const ROW = 64;
const TEXT = 28;
const SMALL = 24;
const CHARACTER = 0.61;
const ROWS_MAX = 40;
const LABEL_CHARACTERS_MAX = 26;

/** The model x node matrix as an SVG, readable on a phone: signs and colours, equal nodes folded, when it was seen. */
export function matrixSvg(look: Look, about: { readonly cluster: string; readonly at: Instant }): string {
  const { models, nodes } = look.scope;
  const all = matrixRows(look);
  const rows = all.slice(0, ROWS_MAX);
  const labels = rows.map(shortLabel);
  const left = EDGE + Math.max(...labels.map((label) => label.length)) * TEXT * CHARACTER + 24;
  const longest = Math.max(...models.map((name) => name.length)) * SMALL * CHARACTER;
  const slope = Math.min(150, (WIDTH - EDGE - left) / models.length) < longest + 8;
  // Sloping names need as much room at their right as above.
  const lean = slope ? longest * 0.72 : 0;
  const column = Math.min(150, (WIDTH - EDGE - lean / 2 - left) / models.length);
  const head = slope ? lean + 30 : 48;
  const top = EDGE + TEXT + 20 + SMALL + 24 + head;
  const centre = (index: number): number => left + column * (index + 0.5);
  const parts = [
    text(`${about.cluster}: ${count(models.length, 'model')} on ${count(nodes.length, 'node')}`, EDGE, EDGE + TEXT, {
      size: TEXT + 4,
      weight: 'bold',
    }),
    text(`seen ${about.at.slice(0, 16).replace('T', ' ')} UTC`, EDGE, EDGE + TEXT + 20 + SMALL, { fill: FAINT }),
    ...models.map((name, index) =>
      slope
        ? text(name, centre(index) - 4, top - 18, { turn: -45 })
        : text(name, centre(index), top - 18, { anchor: 'middle' }),
    ),
    ...rows.flatMap(({ cells }, row) => {
      const y = top + row * ROW;
      const stripe = row % 2 === 0 ? [`<rect x="0" y="${y}" width="${WIDTH}" height="${ROW}" fill="#f4f4f4"/>`] : [];
      return [
        ...stripe,
        text(labels[row] ?? '', EDGE, y + ROW / 2 + TEXT / 3, { size: TEXT }),
        ...cells.map((cell, index) => square(cell, centre(index), y + ROW / 2, Math.min(48, column - 6))),
      ];
    }),
  ];
  let y = top + rows.length * ROW + 24;
  if (all.length > rows.length)
    parts.push(text(`… and ${count(all.length - rows.length, 'more row')}`, EDGE, (y += SMALL)));
  const different = differsLine(look);
  const words = different === undefined ? [] : wrapped(different, Math.floor((WIDTH - 2 * EDGE) / (SMALL * CHARACTER)));
  for (const line of words.slice(0, 4)) parts.push(text(line, EDGE, (y += SMALL + 10)));
  y += 36;
  let x = EDGE;
  for (const cell of ['right', 'wrong', 'unknown'] as const) {
    parts.push(square(cell, x + 20, y + 20, 40), text(cell, x + 52, y + 20 + SMALL / 3));
    x += 52 + cell.length * SMALL * CHARACTER + 48;
  }
  const height = Math.ceil(y + 40 + EDGE);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="DejaVu Sans">`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    ...parts,
    '</svg>',
  ].join('\n');
}

/** A row's name, or its first node and how many more there are. */
function shortLabel(row: MatrixRow): string {
  const label = rowLabel(row);
  if (label.length <= LABEL_CHARACTERS_MAX) return label;
  const [first = ''] = row.nodes;
  return row.nodes.length === 1 ? cut(first, LABEL_CHARACTERS_MAX) : `${cut(first, 18)} + ${row.nodes.length - 1} more`;
}

type TextStyle = {
  readonly size?: number;
  readonly fill?: string;
  readonly weight?: 'bold';
  readonly anchor?: 'middle';
  readonly turn?: number;
};

function text(words: string, x: number, y: number, style: TextStyle = {}): string {
  const { size = SMALL, fill = INK, weight, anchor, turn } = style;
  const more = [
    ...(weight === undefined ? [] : [` font-weight="${weight}"`]),
    ...(anchor === undefined ? [] : [` text-anchor="${anchor}"`]),
    ...(turn === undefined ? [] : [` transform="rotate(${turn} ${round(x)} ${round(y)})"`]),
  ].join('');
  return `<text x="${round(x)}" y="${round(y)}" font-size="${size}" fill="${fill}"${more}>${escapedXml(words)}</text>`;
}

function square(cell: Cell, x: number, y: number, size: number): string {
  const half = size / 2;
  const box = `<rect x="${round(x - half)}" y="${round(y - half)}" width="${round(size)}" height="${round(size)}" rx="8" fill="${FILLS[cell]}"/>`;
  return `${box}${text(CELL_SIGNS[cell], x, y + size * 0.24, { size: Math.max(SMALL, Math.round(size * 0.66)), fill: '#ffffff', weight: 'bold', anchor: 'middle' })}`;
}

/** Text that no parser of XML takes for anything else; what XML cannot hold is left out. */
function escapedXml(words: string): string {
  return words
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/gu, '\ufffd')
    .replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

function cut(words: string, max: number): string {
  return words.length <= max ? words : `${words.slice(0, max - 1)}…`;
}

function wrapped(words: string, max: number): string[] {
  const lines: string[] = [];
  for (const word of words.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= max) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(cut(word, max));
  }
  return lines;
}

function round(number: number): number {
  return Math.round(number * 10) / 10;
}
