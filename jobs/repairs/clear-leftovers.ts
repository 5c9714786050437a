import { retireTemporary, retireTemporaryArgv, unretireTemporaryArgv } from '../../src/actions/retire-temporary.ts';
import type { LookContext, Repair, TargetPlan } from '../../src/contract/job.ts';
import { entryOf, modelsSurvey } from '../../src/facts/survey.ts';
import { oldTemporaries } from '../checks/leftovers.ts';
import { surveyOf } from '../checks/survey-of.ts';
import { count } from './describe.ts';
import { folderRefusal } from './refusals.ts';
import { megabytes, numbered, type StepDraft } from './target-steps.ts';

const STEPS_MAX = 64;

/** Takes medic's own old temporary files out of models folders; those of other programs are left to people. */
export const clearLeftovers: Repair = {
  name: 'clear-leftovers',
  summary: 'moves temporary files that medic left long ago into quarantine',
  risk: 'reversible',
  verify: ['leftovers'],
  describe: (targets) =>
    `clear ${count(targets.flatMap(({ steps }) => steps).length, 'temporary file', 'temporary files')} that medic left`,
  plan: planClearing,
};

async function planClearing(context: LookContext): Promise<TargetPlan> {
  const { node, models, read } = context;
  const survey = await surveyOf(context);
  const refusal = folderRefusal(survey, models);
  if (refusal !== undefined || survey.folder === null) return refusal ?? { kind: 'nothing' };
  const old = (await oldTemporaries(context, survey, 'medic')).slice(0, STEPS_MAX);
  if (old.length === 0) return { kind: 'nothing' };
  const asked = old.map(({ name }) => ({ name: 'x', canonical: name, alias: name }));
  const states = await read(modelsSurvey(node.modelsDir, asked));
  const { path: folder, id: folderId } = survey.folder;
  const drafts: StepDraft[] = [];
  const before: Record<string, ReturnType<typeof entryOf>> = {};
  const after: Record<string, { kind: 'absent' }> = {};
  for (const { name, bytes } of old) {
    const state = entryOf(states, name);
    if (state.kind !== 'file') continue;
    const change = { folder, folderId, name, before: state };
    drafts.push({
      kind: 'run',
      title: `move ${name} (${megabytes(bytes)}) into quarantine`,
      argv: retireTemporaryArgv(change),
      timeoutMs: retireTemporary.timeoutMs,
      undo: { kind: 'run', argv: unretireTemporaryArgv(change) },
    });
    before[name] = state;
    after[name] = { kind: 'absent' };
  }
  if (drafts.length === 0) return { kind: 'nothing' };
  const names = models.map(({ name }) => name);
  return {
    kind: 'steps',
    target: { node: node.name, models: names, before, after, steps: numbered(drafts), cures: [] },
  };
}
