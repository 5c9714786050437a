/** One line of the benchmark: our time beside the peer's, from one run. A ratio above 1 means ours is better. */
export type BenchRow = {
  readonly name: string;
  readonly what: string;
  /** Medians. */
  readonly ours: number;
  readonly peer: number;
  readonly unit: string;
  readonly ratio: number;
  readonly goal: number;
  readonly met: boolean;
  /** Every single measurement, in the order it was taken. */
  readonly raw: { readonly ours: readonly number[]; readonly peer: readonly number[] };
};

/** What a benchmark is given: `short` only shows that it runs; `say` tells the progress. */
export type BenchOptions = { readonly short: boolean; readonly say: (line: string) => void };

/** Shapes one row; `ours` and `peer` are times, less is better. */
export function timeRow(options: {
  name: string;
  what: string;
  unit: string;
  goal: number;
  ours: readonly number[];
  peer: readonly number[];
}): BenchRow {
  const { name, what, unit, goal } = options;
  const ours = median(options.ours);
  const peer = median(options.peer);
  const ratio = peer / ours;
  return {
    name,
    what,
    ours: rounded(ours),
    peer: rounded(peer),
    unit,
    ratio: rounded(ratio),
    goal,
    met: ratio >= goal,
    raw: { ours: options.ours.map(rounded), peer: options.peer.map(rounded) },
  };
}

/** Does the work and notes its seconds at the end of the list. */
export async function timed<Value>(list: number[], work: () => Promise<Value>): Promise<Value> {
  const startedAt = performance.now();
  const value = await work();
  list.push((performance.now() - startedAt) / 1_000);
  return value;
}

/** The middle one; of an even count the mean of both in the middle. Throws for an empty list. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  const before = sorted[Math.floor((sorted.length - 1) / 2)];
  if (middle === undefined || before === undefined) throw new Error('no measurement');
  return (middle + before) / 2;
}

/** The rows as a table for people. */
export function tableOf(rows: readonly BenchRow[]): string {
  const head = ['row', 'ours', 'peer', 'ratio', 'goal', '', 'what'];
  const lines = rows.map((row) => [
    row.name,
    `${row.ours.toFixed(3)} ${row.unit}`,
    `${row.peer.toFixed(3)} ${row.unit}`,
    `${row.ratio.toFixed(1)} x`,
    `${row.goal} x`,
    row.met ? 'met' : 'not met',
    row.what,
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...lines].map((line) => line[column]?.length ?? 0)));
  const text = (line: readonly string[]): string =>
    line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
  return [head, ...lines].map((line) => text(line).trimEnd()).join('\n');
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
