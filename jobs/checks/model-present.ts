import type { Check, LookContext } from '../../src/contract/job.ts';
import type { Finding, Unknown } from '../../src/domain/finding.ts';
import type { Model } from '../../src/domain/model.ts';
import { entryOf } from '../../src/facts/survey.ts';
import type { Survey } from '../../src/facts/survey-answer.ts';
import { unlessInFlight } from './in-flight.ts';
import { presenceFault } from './model-fault.ts';
import { expectedOf, folderEmpty, folderMissing, isEmpty, isNoModel, surveyOf } from './survey-of.ts';

/** Is each model there, and as long as it should be? */
export const modelPresent: Check = {
  name: 'model-present',
  summary: 'models that are missing or cut short',
  first: surveyOf,
  run: async (context) => {
    const { node, models } = context;
    const survey = await surveyOf(context);
    if (survey.folder === null) return { findings: [folderMissing(node)], unknown: [], notes: [] };
    const faults = new Map<Model, Finding>();
    for (const model of models) {
      const fault = presenceFault(context, model, survey);
      if (fault !== undefined) faults.set(model, fault);
    }
    const told = [...(await unlessInFlight(context, survey, faults)).values()];
    const unknown = models.filter((model) => isUntold(context, model, survey)).map((model) => untold(context, model));
    const nowhere = models.filter(
      (model) => entryOf(survey, model.canonical).kind === 'absent' && isNoModel(expectedOf(context, model)),
    );
    const all = models.length - nowhere.length;
    const there = all - told.length - unknown.length;
    const isBare = isEmpty(context, survey) && told.some(({ code }) => code === 'model_missing');
    return {
      findings: isBare ? [folderEmpty(node), ...told.filter(({ code }) => code !== 'model_missing')] : told,
      unknown,
      notes: [
        ...(all === 0 ? [] : [`${there} of ${all} models are there in full length`]),
        ...(nowhere.length === 0
          ? []
          : [`not distributed: ${nowhere.map(({ name }) => name).join(', ')}`.slice(0, 500)]),
      ],
    };
  },
};

/** Absent here, without a record, and the source cannot tell whether there is such a model. */
function isUntold(context: LookContext, model: Model, survey: Survey): boolean {
  const expected = expectedOf(context, model);
  return entryOf(survey, model.canonical).kind === 'absent' && expected.record.current === null && !isNoModel(expected);
}

function untold({ node }: LookContext, model: Model): Unknown {
  const detail = `${model.canonical} is absent, and nobody knows yet whether it should be there`;
  return { node: node.name, check: modelPresent.name, reason: 'no_record', detail, model: model.name };
}
