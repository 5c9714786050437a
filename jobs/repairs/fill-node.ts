import type { LookContext, Repair, TargetPlan } from '../../src/contract/job.ts';
import type { TransportName } from '../../src/domain/plan.ts';
import type { Survey } from '../../src/facts/survey-answer.ts';
import { expectedOf, folderEmpty, folderMissing, isEmpty, isNoModel, surveyOf } from '../checks/survey-of.ts';
import { describeTargets } from './describe.ts';
import { targetOf } from './put-right.ts';
import { folderRefusal, type Refused, refused, sendRefusal } from './refusals.ts';
import {
  folderStep,
  linkedState,
  linkStep,
  type Place,
  type StepDraft,
  sendStep,
  sentState,
  transportsFor,
} from './target-steps.ts';

/** Fills a models folder that is missing or has no model: every model that the coordinator has, and its alias. */
export const fillNode: Repair = {
  name: 'fill-node',
  summary: 'fills a models folder that is missing or empty with its models and aliases',
  risk: 'restores-weights',
  verify: ['model-present', 'model-digest', 'alias-links'],
  describe: (targets) => `fill the models folder; ${describeTargets(targets)}`.slice(0, 200),
  plan: (context) => planFill(context),
};

const ABSENT = { kind: 'absent' } as const;

/** Steps that make the models folder where it is missing, and fill it with the models of the context, sent by the usual transports or those that are named. */
export async function planFill(context: LookContext, named?: readonly TransportName[]): Promise<TargetPlan> {
  const survey = await surveyOf(context);
  const ground = groundOf(context, survey);
  if ('refusal' in ground) return ground;
  const { place, made, cures } = ground;
  const parts = [];
  for (const model of context.models.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const { record, source } = expectedOf(context, model);
    if (isNoModel({ record, source })) continue;
    const refusal = sendRefusal(context, model);
    if (refusal !== undefined || record.current === null)
      return refusal ?? refused('source_bad', `${model.canonical} has no record.`);
    const send = sendStep({
      place,
      model,
      wanted: record.current,
      source: source.node,
      before: ABSENT,
      transports: transportsFor(survey.tools, named),
    });
    const before = { [model.canonical]: ABSENT, [model.alias]: ABSENT };
    const after = { [model.canonical]: sentState(send), [model.alias]: linkedState(model) };
    parts.push({ model, drafts: [send, linkStep(place, model, ABSENT)], before, after, cures: [] });
  }
  const [first, ...rest] = parts;
  if (first === undefined) return refused('source_bad', 'There is no model to fill the folder with.');
  return targetOf(context, survey, [{ ...first, drafts: [...made, ...first.drafts], cures }, ...rest]);
}

/** Where the models are put, what makes that place, and the finding that goes away when they are there. */
type Ground = { readonly place: Place; readonly made: readonly StepDraft[]; readonly cures: readonly string[] };

function groundOf(context: LookContext, survey: Survey): Ground | Refused {
  const { node, models } = context;
  const { folder, parent } = survey;
  if (folder !== null) {
    if (!isEmpty(context, survey))
      return refused('plan_stale', 'There are models in the folder by now. Check the node again.');
    const refusal = folderRefusal(survey, models);
    const place = { folder: folder.path, folderId: folder.id };
    return refusal ?? { place, made: [], cures: [folderEmpty(node).id] };
  }
  if (parent === null || node.modelsDir === null)
    return refused(
      'mount_suspect',
      'The folder around the models folder is missing too: its disk may not be mounted, or nothing is installed there.',
    );
  if (!parent.writable)
    return refused(
      'not_writable',
      'The folder around the models folder may not be written to by the user of the inventory.',
    );
  const made = [folderStep(node.modelsDir, parent.id)];
  return { place: { folder: node.modelsDir, folderId: 'new' }, made, cures: [folderMissing(node).id] };
}
