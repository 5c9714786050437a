import type { Check } from '../../src/contract/job.ts';
import { QUARANTINE_CHECK } from '../../src/domain/quarantine.ts';
import { count } from '../../src/domain/wording.ts';
import { keptFiles } from './kept-files.ts';
import { surveyOf } from './survey-of.ts';

/** What does medic keep of the files that it has replaced, and which of them have had their time? */
export const quarantine: Check = {
  name: QUARANTINE_CHECK,
  summary: 'what receipts keep in quarantine: of which model, how old, how large, and what may be deleted',
  byDefault: false,
  run: async (context) => {
    const survey = await surveyOf(context);
    if (survey.folder === null) return { findings: [], unknown: [], notes: [], kept: [] };
    const { files, strays } = await keptFiles(context, survey);
    const left = `${context.node.name}: ${count(strays, 'file')} in quarantine that no receipt names so, left alone`;
    return { findings: [], unknown: [], notes: strays === 0 ? [] : [left], kept: files.map(({ told }) => told) };
  },
};
