import { describe, expect, it } from 'vitest';
import { bytes, count, duration, joined } from '../../src/domain/wording.ts';

describe('wording', () => {
  it.each([
    [0, '0 nodes'],
    [1, '1 node'],
    [1_200, '1,200 nodes'],
  ])('count %i', (number, text) => expect(count(number, 'node')).toBe(text));

  it.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [999, '999 bytes'],
    [1_000, '1 kB'],
    [1_550, '1.6 kB'],
    [108_000_000, '108 MB'],
    [999_600_000, '1 GB'],
    [1_300_000_000, '1.3 GB'],
    [5e15, '5000 TB'],
  ])('bytes %i', (number, text) => expect(bytes(number)).toBe(text));

  it.each([
    [0, '0 s'],
    [20, '0.1 s'],
    [400, '0.4 s'],
    [2_000, '2 s'],
    [9_960, '10 s'],
    [59_600, '1 min'],
    [240_000, '4 min'],
    [7_500_000, '2 h 5 min'],
    [7_200_000, '2 h'],
    [259_200_000, '3 days'],
    [-5, '0 s'],
  ])('duration %i ms', (ms, text) => expect(duration(ms)).toBe(text));

  it.each([
    [[], ''],
    [['a'], 'a'],
    [['a', 'b', 'c'], 'a, b and c'],
  ])('joined %j', (words, text) => expect(joined(words)).toBe(text));
});
