import { expect, it } from 'vitest';
import { earlyWords } from '../../src/domain/early.ts';

const file = (discarded: boolean, seen = true) => ({ temporary: '.medic-x', discarded, seen });

it.each([
  ['nothing came', [], ''],
  ['nothing was seen of it, and nothing is there', [file(true, false)], ''],
  ['one or several were discarded', [file(true), file(true)], 'what had come ahead of its turn was discarded'],
  [
    'one is left',
    [file(true), file(false)],
    'what had come ahead of its turn was discarded; the partial file .medic-x is left in the models folder: the check leftovers finds it later, and fix takes it away',
  ],
  [
    'several are left',
    [file(false), file(false)],
    'the partial files .medic-x, .medic-x are left in the models folder: the check leftovers finds them later, and fix takes them away',
  ],
  [
    'nobody knows whether there is one',
    [file(false, false)],
    'the partial file .medic-x may be left in the models folder: the check leftovers finds it later, and fix takes it away',
  ],
])('says what became of bytes that came ahead: %s', (_, files, words) => {
  expect(earlyWords(files)).toBe(words);
});
