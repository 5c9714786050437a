import { expect, it } from 'vitest';
import { timeRow } from './bench-row.ts';
import { chartOf } from './chart.ts';

it('draws a bar a row, says what was not met, and lets no name become markup', () => {
  const rows = [
    timeRow({ name: 'sweep <cold>', what: 'x', unit: 's', goal: 4, ours: [1], peer: [5] }),
    timeRow({ name: 'copy', what: 'x', unit: 's', goal: 1, ours: [2], peer: [1] }),
  ];
  const svg = chartOf(rows, 'two cores & more');
  expect(svg).toContain('sweep &lt;cold&gt;');
  expect(svg).toContain('two cores &amp; more');
  expect(svg).toContain('5 x (goal 4 x)');
  expect(svg).toContain('0.5 x (goal 1 x, not met)');
  expect(svg.match(/fill="#2f7d4f"|fill="#b4632a"/g)).toHaveLength(2);
  expect(svg).not.toMatch(/NaN|Infinity/);
});
