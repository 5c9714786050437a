import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { didYouMean, nearest, quoteWord } from '../../src/domain/nearest.ts';

const names = ['vast-1', 'vast-12', 'vast-121', 'nebius-h100-1', 'mac-studio'];

describe('nearest', () => {
  it.each([
    ['vast-12x', ['vast-12', 'vast-121']],
    ['VAST-1', ['vast-1']],
    ['mac-stduio', ['mac-studio']],
    ['nebius', ['nebius-h100-1']],
    ['zzzzzzzz', []],
    ['', []],
    ['../../etc', []],
  ])('of %s is %j', (word, expected) => expect(nearest(word, names)).toEqual(expected));

  it('says it as a question, or says nothing', () => {
    expect(didYouMean('vast-12x', names)).toBe(' Did you mean vast-12, vast-121?');
    expect(didYouMean('qqqqqq', names)).toBe('');
  });

  it('finds every candidate by itself and names at most three', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string({ minLength: 1, maxLength: 20 })), (word, candidates) => {
        const found = nearest(word, candidates);
        expect(found.length).toBeLessThanOrEqual(3);
        for (const one of found) expect(candidates).toContain(one);
        for (const candidate of candidates) expect(nearest(candidate, [candidate])).toEqual([candidate]);
      }),
    );
  });
});

describe('quoteWord', () => {
  it('makes invisible characters visible and cuts', () => {
    expect(quoteWord('a\nb\u202e')).toBe('"a\\u{a}b\\u{202e}"');
    expect(quoteWord('x'.repeat(100))).toBe(`"${'x'.repeat(60)}…"`);
  });
});
