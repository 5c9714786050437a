import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { canonicalJson } from '../../src/domain/digest.ts';
import { BEGINNING, chained, markWords, type TrailRow, typedMark } from '../../src/domain/trail.ts';
import { type StoredRow, type Verification, verifyTrail } from '../../src/domain/verify-trail.ts';

const row = (index: number, text: string): TrailRow => ({
  kind: 'row',
  cursor: `${index}-0`,
  stream: 'i-00000001',
  id: `${index}-0`,
  at: '2026-03-01T12:00:00.000Z',
  text,
  key: 'bot',
  run: 'a',
  number: String(index),
  sign: 'c2lnbmVk',
});

/** So many rows that lie in file and Redis; `watch` is called at every hundredth. */
async function verify(
  count: number,
  text: (index: number) => string,
  watch: () => void = () => undefined,
): Promise<Verification> {
  async function* lines(): AsyncGenerator<string> {
    for (let index = 1; index <= count; index += 1) yield canonicalJson(row(index, text(index)));
  }
  async function* stored(): AsyncGenerator<StoredRow> {
    for (let index = 1; index <= count; index += 1) {
      if (index % 100 === 0) watch();
      yield { row: row(index, text(index)), inItsStream: true };
    }
  }
  async function* none(): AsyncGenerator<StoredRow> {}
  const fine = () => undefined;
  return verifyTrail({
    lines: lines(),
    stored: { entries: stored(), orders: none() },
    trimmed: false,
    judges: { kept: fine, stored: fine },
    sealed: () => true,
  });
}

it('holds a few rows at a time, however long the trail is', async () => {
  // 60,000 rows of 4 kB each: 240 MB in the file, and as much in Redis.
  const text = (index: number): string => createHash('sha512').update(String(index)).digest('hex').repeat(32);
  const before = process.memoryUsage().heapUsed;
  let most = 0;
  const found = await verify(60_000, text, () => {
    most = Math.max(most, process.memoryUsage().heapUsed - before);
  });
  expect(found).toMatchObject({ fault: undefined, rows: 60_000 });
  expect(most).toBeLessThan(120_000_000);
});

it('reads a mark as it is written, whole or cut, and nothing else', () => {
  const mark = chained(BEGINNING, row(1, '{}'));
  expect(typedMark(markWords(mark))).toEqual({ count: 1, head: mark.head.slice(0, 8) });
  expect(typedMark(markWords(mark, 64))).toEqual({ count: 1, head: mark.head });
  for (const text of ['', '1', '1:', '0:abcdef01', '1:abcdef0', '1:ABCDEF01', '1:abcdef01 ', `1:${'a'.repeat(65)}`])
    expect(typedMark(text), text).toBeUndefined();
});
