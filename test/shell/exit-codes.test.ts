import { expect, it } from 'vitest';
import { RefusalCode } from '../../src/domain/fault.ts';
import { exitOf } from '../../src/shell/exit-codes.ts';

it.each([
  ['denied', 3],
  ['inventory_differs', 3],
  ['lease_held', 3],
  ['approval_missing', 5],
  ['request_used', 5],
  ['usage', 2],
  ['node_unknown', 2],
])('ends %s with %i', (code, exit) => {
  expect(exitOf(RefusalCode.parse(code))).toBe(exit);
});

it('ends no refusal as if all were well', () => {
  for (const code of RefusalCode.options) expect([2, 3, 5]).toContain(exitOf(code));
});
