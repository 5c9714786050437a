import { expect, it } from 'vitest';
import { type Asked, askedSummary, askedWords } from '../../src/domain/asked.ts';

const survey: Asked = { question: 'models-survey ~/models x.pth', code: 0, at: '2026-03-01T12:03:04.000Z' };

it('says question, exit code and time, and the part of the answer that is about it', () => {
  expect(askedWords(survey)).toBe('models-survey ~/models x.pth: exit 0 at 12:03:04 UTC');
  expect(askedWords({ ...survey, code: 3, excerpt: 'x.pth l N' })).toBe(
    'models-survey ~/models x.pth: exit 3 at 12:03:04 UTC: “x.pth l N”',
  );
});

it('folds what findings were read off over nodes, by question and exit code', () => {
  const digests: Asked = { ...survey, question: 'file-digests ~/models 1:2 x.pth', code: 13 };
  const found = [
    { node: 'vast-1', asked: [survey] },
    { node: 'vast-1', asked: [survey, digests] },
    { node: 'vast-2', asked: [survey] },
    { node: 'vast-3' },
  ];
  expect(askedSummary(found)).toBe('models-survey (exit 0 on 2 nodes), file-digests (exit 13 on 1 node)');
  expect(askedSummary([])).toBe('');
});
