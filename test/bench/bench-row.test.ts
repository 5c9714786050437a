import { expect, it } from 'vitest';
import { median, tableOf, timeRow } from './bench-row.ts';

it('takes the middle one', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(() => median([])).toThrow('no measurement');
});

it('says met only when the ratio reaches the goal, and keeps the single times', () => {
  const options = { name: 'sweep cold 64', what: 'x', unit: 's', ours: [2, 1, 3], peer: [6, 5, 7] };
  const row = timeRow({ ...options, goal: 3 });
  expect(row).toMatchObject({ ours: 2, peer: 6, ratio: 3, met: true, raw: { ours: [2, 1, 3], peer: [6, 5, 7] } });
  const missed = timeRow({ ...options, goal: 3.1 });
  expect(missed.met).toBe(false);
  expect(tableOf([row, missed])).toMatch(/3\.0 x +3 x +met .*\n.*3\.1 x +not met/);
});
