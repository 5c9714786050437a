import type { BenchRow } from './bench-row.ts';

const ROW = 26;
const LEFT = 190;
const WIDTH = 420;
const RIGHT = 170;
const TOP = 56;

/** The rows as an SVG: one bar a row, its ratio against the peer on a logarithmic scale, with the goal as a line across it. */
export function chartOf(rows: readonly BenchRow[], about: string): string {
  const highest = Math.max(10, ...rows.flatMap(({ ratio, goal }) => [ratio, goal]));
  const lowest = Math.min(0.5, ...rows.flatMap(({ ratio, goal }) => [ratio, goal]).filter((value) => value > 0));
  const at = (value: number): number =>
    LEFT + (Math.log(Math.max(lowest, value) / lowest) / Math.log(highest / lowest)) * WIDTH;
  const height = TOP + rows.length * ROW + 30;
  const lines = rows.map((row, index) => {
    const y = TOP + index * ROW;
    const end = at(row.ratio);
    const one = at(1);
    const goal = at(row.goal);
    return [
      `<text x="${LEFT - 8}" y="${y + 16}" text-anchor="end">${escaped(row.name)}</text>`,
      `<rect x="${Math.min(one, end)}" y="${y + 4}" width="${Math.max(1, Math.abs(end - one))}" height="16" fill="${row.met ? '#2f7d4f' : '#b4632a'}"/>`,
      `<line x1="${goal}" y1="${y + 1}" x2="${goal}" y2="${y + 23}" stroke="#111" stroke-width="2"/>`,
      `<text x="${LEFT + WIDTH + 8}" y="${y + 16}">${ratioWords(row)}</text>`,
    ].join('\n');
  });
  const one = at(1);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${LEFT + WIDTH + RIGHT}" height="${height}" font-family="DejaVu Sans, sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `<text x="12" y="20" font-size="14">Ratio to the peer, from one run; longer is better, the black line is the goal</text>`,
    `<text x="12" y="38" fill="#555">${escaped(about)}</text>`,
    `<line x1="${one}" y1="${TOP - 6}" x2="${one}" y2="${height - 24}" stroke="#999" stroke-dasharray="3 3"/>`,
    ...lines,
    `<text x="${one}" y="${height - 8}" text-anchor="middle" fill="#555">1 x</text>`,
    '</svg>',
    '',
  ].join('\n');
}

function ratioWords({ ratio, goal, met }: BenchRow): string {
  return `${digits(ratio)} x (goal ${digits(goal)} x${met ? '' : ', not met'})`;
}

function digits(value: number): string {
  return value >= 10 ? value.toFixed(0) : value.toFixed(2).replace(/0+$/, '').replace(/\.$/, '');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
