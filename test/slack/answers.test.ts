import fc from 'fast-check';
import { expect, it } from 'vitest';
import { blockCharacters, blockFaults } from '../../src/demo/slack/block-rules.ts';
import { answerOf, refusalAnswer } from '../../src/slack/answers.ts';

it('keeps columns as a shell shows them', () => {
  const { text, blocks } = answerOf(['2 nodes', '  vast-1   ok', '  vast-10  ok']);
  expect(text).toBe('2 nodes');
  expect(JSON.stringify(blocks)).toContain('  vast-1   ok\\n  vast-10  ok');
});

it('cuts what is long and says how to see more', () => {
  const { blocks } = answerOf(['500 nodes', ...Array.from({ length: 500 }, (_, index) => `  node-${index}`)]);
  expect(JSON.stringify(blocks)).toContain('… and 440 more lines: name fewer models or nodes');
});

it('is within what Slack accepts, whatever the words', () => {
  const words = fc.string({ unit: 'binary', maxLength: 5_000 });
  fc.assert(
    fc.property(fc.array(words, { maxLength: 80 }), words, (lines, refusal) => {
      for (const { text, blocks } of [answerOf(['news', ...lines]), refusalAnswer(`no: ${refusal}`)]) {
        expect(blockFaults(JSON.parse(JSON.stringify(blocks)), 'message')).toEqual([]);
        expect(blockCharacters(blocks)).toBeLessThanOrEqual(8_000);
        expect(text).not.toMatch(/[<>]/);
      }
    }),
  );
});
