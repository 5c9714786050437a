import { createHash } from 'node:crypto';
import { installHook as action, installHookArgv } from '../../src/actions/install-hook.ts';
import { unplaceModelArgv } from '../../src/actions/place-model.ts';
import type { LookContext, Repair, TargetPlan } from '../../src/contract/job.ts';
import { HOOK_FILE, HOOK_TIME, hookScript } from '../../src/domain/hook-script.ts';
import { fileDigests } from '../../src/facts/file-digest.ts';
import { measure } from '../checks/measure.ts';
import { surveyOf } from '../checks/survey-of.ts';
import { folderRefusal, refused } from './refusals.ts';
import { numbered } from './target-steps.ts';

/** Puts the hook that a cluster runs after a promotion into the coordinator's models folder; a hook that is there is kept. */
export const installHook: Repair = {
  name: 'install-hook',
  summary: 'installs the script that links every alias after a promotion; what was there is kept',
  risk: 'reversible',
  // No check knows the script: its name, size and time are compared afterwards, and the step has tested its syntax.
  verify: [],
  describe: () => `install ${HOOK_FILE}, which the cluster runs after a promotion`,
  plan: planInstalling,
};

async function planInstalling(context: LookContext): Promise<TargetPlan> {
  const { node, models, read } = context;
  if (!node.coordinator) return refused('source_bad', `The hook runs where models are promoted, not on ${node.name}.`);
  const survey = await surveyOf(context);
  const refusal = folderRefusal(survey, models);
  if (refusal !== undefined || survey.folder === null) return refusal ?? { kind: 'nothing' };
  const { path: folder, id: folderId } = survey.folder;
  const before = (await measure(context, [HOOK_FILE]))[HOOK_FILE] ?? { kind: 'absent' };
  if (before.kind !== 'absent' && before.kind !== 'file')
    return refused('canonical_in_the_way', `${HOOK_FILE} is there and is no file: a person has to look.`);
  const text = `${hookScript(models).join('\n')}\n`;
  if (before.kind === 'file') {
    const seen = (await read(fileDigests(folder, folderId, [HOOK_FILE]))).get(HOOK_FILE);
    const wanted = createHash('sha256').update(text).digest('hex');
    if (seen !== undefined && seen !== 'changed' && seen.digest === wanted) return { kind: 'nothing' };
  }
  const kept = before.kind === 'file' ? '; the one that is there is kept' : '';
  const time = new Date(HOOK_TIME * 1_000).toISOString().replace(/\D/g, '').slice(0, 12);
  const step = {
    kind: 'run' as const,
    title: `install ${HOOK_FILE} for ${models.length} models${kept}`,
    timeoutMs: action.timeoutMs,
    argv: installHookArgv({ folder, folderId, file: HOOK_FILE, before, time, text }),
    undo: { kind: 'run' as const, argv: unplaceModelArgv({ folder, folderId, file: HOOK_FILE, before }) },
  };
  const wanted = { kind: 'file' as const, size: Buffer.byteLength(text), mtimeNs: `${HOOK_TIME}000000000` };
  return {
    kind: 'steps',
    target: {
      node: node.name,
      models: models.map(({ name }) => name),
      before: { [HOOK_FILE]: before },
      after: { [HOOK_FILE]: wanted },
      steps: numbered([step]),
      cures: [],
    },
  };
}
