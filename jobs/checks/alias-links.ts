import type { Check } from '../../src/contract/job.ts';
import { aliasFault } from './alias-fault.ts';
import { expectedOf, folderEmpty, folderMissing, isEmpty, isNoModel, surveyOf } from './survey-of.ts';

/** Is each alias the link that it should be? One survey answers for every model of the node. */
export const aliasLinks: Check = {
  name: 'alias-links',
  summary: 'aliases that are missing, lead to nothing or to another model, or are not links',
  first: surveyOf,
  run: async (context) => {
    const { node, models } = context;
    const survey = await surveyOf(context);
    if (survey.folder === null) return { findings: [folderMissing(node)], unknown: [], notes: [] };
    const faults = models.flatMap((model) => aliasFault(node, model, survey, expectedOf(context, model)) ?? []);
    const all = models.filter((model) => !isNoModel(expectedOf(context, model))).length;
    const right = Math.max(0, all - faults.length);
    const findings = faults.length > 0 && isEmpty(context, survey) ? [folderEmpty(node)] : faults;
    return { findings, unknown: [], notes: all === 0 ? [] : [`${right} of ${all} aliases are right`] };
  },
};
