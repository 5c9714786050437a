import type { Measure } from '../../src/contract/job.ts';
import { entryOf, modelsSurvey } from '../../src/facts/survey.ts';

/** What these names are on a node now, for receipts; one round trip. */
export const measure: Measure = async ({ node, read }, names) => {
  const asked = names.map((name) => ({ name: 'x', canonical: name, alias: name }));
  const survey = await read(modelsSurvey(node.modelsDir, asked));
  return Object.fromEntries(names.map((name) => [name, entryOf(survey, name)]));
};
