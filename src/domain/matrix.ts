import { isOfCluster } from './daemon.ts';
import type { EventOf } from './entry.ts';
import { concerns, type Unknown } from './finding.ts';
import { foldNames } from './fold-names.ts';
import type { ModelName, NodeName } from './names.ts';
import { count, joined } from './wording.ts';

/** One model on one node: right, wrong or not known. */
export type Cell = 'right' | 'wrong' | 'unknown';

/** Nodes of which all models are alike, in the order of the look; a cell a model. */
export type MatrixRow = { readonly nodes: readonly NodeName[]; readonly cells: readonly Cell[] };

type Look = Pick<EventOf<'checked'>, 'scope' | 'report'>;

/** A cell's sign, so that nobody needs colours to read it. */
export const CELL_SIGNS: Readonly<Record<Cell, string>> = { right: '✓', wrong: '✗', unknown: '?' };

/** What the look says about one model on one node. A node-wide unknown holds for all its models. */
export function cellOf({ report }: Look, node: NodeName, model: ModelName): Cell {
  if (report.findings.some((found) => concerns(found, node, model))) return 'wrong';
  return report.unknown.some((one) => isUnsure(one, node, model)) ? 'unknown' : 'right';
}

/** Whether something is not known that the model on the node depends on. */
export function isUnsure(unknown: Unknown, node: NodeName, model: ModelName): boolean {
  // What is not known of the daemon or of its deliveries leaves no file in doubt.
  if (isOfCluster(unknown.check)) return false;
  return unknown.node === node && (unknown.model === undefined || unknown.model === model);
}

/** The model x node matrix, equal nodes folded into one row. */
export function matrixRows(look: Look): MatrixRow[] {
  const rows = new Map<string, { nodes: NodeName[]; cells: Cell[] }>();
  for (const node of look.scope.nodes) {
    const cells = look.scope.models.map((model) => cellOf(look, node, model));
    const row = rows.get(cells.join()) ?? { nodes: [], cells };
    row.nodes.push(node);
    rows.set(cells.join(), row);
  }
  return [...rows.values()];
}

/** A row's name: `vast-[1-2] (2)`. */
export function rowLabel({ nodes }: MatrixRow): string {
  return `${foldNames(nodes)}${nodes.length > 1 ? ` (${nodes.length})` : ''}`;
}

/** What sets the nodes apart that are not like most of them; undefined when all are alike or nobody is in the majority. */
export function differsLine(look: Look): string | undefined {
  const rows = matrixRows(look);
  const most = rows.toSorted((a, b) => b.nodes.length - a.nodes.length)[0];
  if (most === undefined || rows.length < 2 || most.nodes.length * 2 <= look.scope.nodes.length) return undefined;
  const others = rows.filter((row) => row !== most);
  const words = others.map(({ nodes, cells }) => {
    const models = look.scope.models.filter((_, index) => cells[index] !== most.cells[index]);
    return `${foldNames(nodes)} in ${models.length > 3 ? count(models.length, 'model') : joined(models)}`;
  });
  return `${count(most.nodes.length, 'node is', 'nodes are')} alike; different: ${words.join('; ')}`;
}

/** The model x node matrix as text: a column a model, equal nodes folded into one row, the legend last. */
export function matrixLines(look: Look): string[] {
  const { models } = look.scope;
  const rows = matrixRows(look).map((row) => ({
    label: rowLabel(row),
    cells: row.cells.map((cell, index) => CELL_SIGNS[cell].padEnd(models[index]?.length ?? 0)).join('  '),
  }));
  const width = Math.max(...rows.map(({ label }) => label.length));
  const different = differsLine(look);
  return [
    `${' '.repeat(width)}  ${models.join('  ')}`,
    ...rows.map(({ label, cells }) => `${label.padEnd(width)}  ${cells.trimEnd()}`),
    ...(different === undefined ? [] : [different]),
    '✓ right · ✗ wrong · ? unknown',
  ];
}
