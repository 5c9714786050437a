import type { LookContext, Repair, TargetPlan } from '../../src/contract/job.ts';
import { stateToken } from '../../src/domain/entry-state.ts';
import { entryOf } from '../../src/facts/survey.ts';
import { aliasFault } from '../checks/alias-fault.ts';
import { expectedOf, isNoModel, surveyOf } from '../checks/survey-of.ts';
import { count } from './describe.ts';
import { targetOf } from './put-right.ts';
import { folderRefusal, refused } from './refusals.ts';
import { retireStep } from './target-steps.ts';

const TOKEN_MAX = 2_000;
const ABSENT = { kind: 'absent' } as const;

/** Takes aliases away that lead nowhere and whose model neither the record nor the coordinator has. */
export const retireAlias: Repair = {
  name: 'retire-alias',
  summary: 'moves an alias into quarantine that leads to nothing and has no model to lead to',
  risk: 'reversible',
  verify: ['alias-links'],
  describe: (targets) =>
    `retire ${count(targets.flatMap(({ steps }) => steps).length, 'alias that leads', 'aliases that lead')} nowhere`,
  plan: planRetirement,
};

async function planRetirement(context: LookContext): Promise<TargetPlan> {
  const survey = await surveyOf(context);
  const refusal = folderRefusal(survey, context.models);
  if (refusal !== undefined || survey.folder === null) return refusal ?? { kind: 'nothing' };
  const { path: folder, id: folderId } = survey.folder;
  const parts = [];
  for (const model of context.models.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const before = entryOf(survey, model.alias);
    const expected = expectedOf(context, model);
    const fault = aliasFault(context.node, model, survey, expected);
    if (fault === undefined) continue;
    if (!isNoModel(expected))
      return refused('plan_stale', `There is a model for ${model.alias} now. Ask for the plan again.`);
    const leadsNowhere = before.kind === 'link' && (before.leadsTo === 'nothing' || before.leadsTo === 'loop');
    if (!leadsNowhere || stateToken(before).length > TOKEN_MAX)
      return refused('plan_stale', `${model.alias} is not a link that leads nowhere any more.`);
    const drafts = [retireStep({ folder, folderId }, model.alias, before)];
    parts.push({
      model,
      drafts,
      before: { [model.alias]: before },
      after: { [model.alias]: ABSENT },
      cures: [fault.id],
    });
  }
  return targetOf(context, survey, parts);
}
