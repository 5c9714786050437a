import type { LookContext, Repair, TargetPlan } from '../../src/contract/job.ts';
import type { TransportName } from '../../src/domain/plan.ts';
import { expectedOf, folderMissing, isNoModel, surveyOf } from '../checks/survey-of.ts';
import { describeTargets } from './describe.ts';
import { targetOf } from './put-right.ts';
import { refused, sendRefusal } from './refusals.ts';
import { folderStep, linkedState, linkStep, sendStep, sentState, transportsFor } from './target-steps.ts';

/** Makes a missing models folder and fills it: every model that the coordinator has, and its alias. */
export const fillNode: Repair = {
  name: 'fill-node',
  summary: 'makes a missing models folder with its models and aliases',
  risk: 'restores-weights',
  verify: ['model-present', 'model-digest', 'alias-links'],
  describe: (targets) => `make the models folder; ${describeTargets(targets)}`.slice(0, 200),
  plan: (context) => planFill(context),
};

const ABSENT = { kind: 'absent' } as const;

/** Steps that make the models folder and fill it with the models of the context, sent by the usual transports or those that are named. */
export async function planFill(context: LookContext, named?: readonly TransportName[]): Promise<TargetPlan> {
  const { node } = context;
  const survey = await surveyOf(context);
  if (survey.folder !== null) return refused('plan_stale', 'The models folder is there by now. Check the node again.');
  const { parent } = survey;
  if (parent === null || node.modelsDir === null) {
    return refused(
      'mount_suspect',
      'The folder around the models folder is missing too: its disk may not be mounted, or nothing is installed there.',
    );
  }
  if (!parent.writable)
    return refused(
      'not_writable',
      'The folder around the models folder may not be written to by the user of the inventory.',
    );
  const place = { folder: node.modelsDir, folderId: 'new' };
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
  const drafts = [folderStep(node.modelsDir, parent.id), ...first.drafts];
  return targetOf(context, survey, [{ ...first, drafts, cures: [folderMissing(node).id] }, ...rest]);
}
