import type { Measure } from '../../src/contract/job.ts';
import type { EntryState } from '../../src/domain/entry-state.ts';
import { QUARANTINE } from '../../src/domain/quarantine.ts';
import { heldFiles } from '../../src/facts/held-files.ts';
import { entryOf, modelsSurvey } from '../../src/facts/survey.ts';

/** What these names are on a node now, for receipts; names of the models folder and paths of quarantine, a round trip each. */
export const measure: Measure = async ({ node, read }, names) => {
  const kept = names.filter((name) => name.startsWith(QUARANTINE));
  const plain = names.filter((name) => !name.startsWith(QUARANTINE));
  const states: Record<string, EntryState> = {};
  if (plain.length > 0) {
    const asked = plain.map((name) => ({ name: 'x', canonical: name, alias: name }));
    const survey = await read(modelsSurvey(node.modelsDir, asked));
    for (const name of plain) states[name] = entryOf(survey, name);
  }
  if (kept.length > 0) {
    const { files } = await read(heldFiles(node.modelsDir, []));
    for (const name of kept) states[name] = files.find(({ path }) => path === name)?.state ?? { kind: 'absent' };
  }
  return states;
};
