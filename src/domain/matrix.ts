import type { EventOf } from './entry.ts';
import { foldNames } from './fold-names.ts';
import type { ModelName, NodeName } from './names.ts';

/** One model on one node: right, wrong or not known. */
export type Cell = 'right' | 'wrong' | 'unknown';

type Look = Pick<EventOf<'checked'>, 'scope' | 'report'>;

/** What the look says about one model on one node. A node-wide finding or unknown holds for all its models. */
export function cellOf({ report }: Look, node: NodeName, model: ModelName): Cell {
  const concerns = (item: { node: string; model?: string | undefined }) =>
    item.node === node && (item.model === undefined || item.model === model);
  if (report.findings.some(concerns)) return 'wrong';
  return report.unknown.some(concerns) ? 'unknown' : 'right';
}

const SIGNS: Readonly<Record<Cell, string>> = { right: '✓', wrong: '✗', unknown: '?' };

/** The model x node matrix as text: a column a model, equal nodes folded into one row, the legend last. */
export function matrixLines(look: Look): string[] {
  const { nodes, models } = look.scope;
  const rows = new Map<string, NodeName[]>();
  for (const node of nodes) {
    const cells = models.map((model) => SIGNS[cellOf(look, node, model)].padEnd(model.length)).join('  ');
    rows.set(cells, [...(rows.get(cells) ?? []), node]);
  }
  const folded = [...rows].map(([cells, names]) => ({
    cells,
    label: `${foldNames(names)}${names.length > 1 ? ` (${names.length})` : ''}`,
  }));
  const width = Math.max(...folded.map(({ label }) => label.length));
  return [
    `${' '.repeat(width)}  ${models.join('  ')}`,
    ...folded.map(({ label, cells }) => `${label.padEnd(width)}  ${cells.trimEnd()}`),
    '✓ right · ✗ wrong · ? unknown',
  ];
}
