import { keptFor } from '../../src/actions/kept-for.ts';
import { placeAgainArgv } from '../../src/actions/place-again.ts';
import type { LookContext, Repair, TargetPlan } from '../../src/contract/job.ts';
import { isVery, isWanted, type WantedState } from '../../src/domain/entry-state.ts';
import { RollbackParams } from '../../src/domain/rollback.ts';
import { heldFiles } from '../../src/facts/held-files.ts';
import { entryOf, modelsSurvey } from '../../src/facts/survey.ts';
import { entryWords } from '../checks/alias-fault.ts';
import { count } from './describe.ts';
import { refused } from './refusals.ts';
import { numbered, type StepDraft } from './target-steps.ts';

const BACK = 'take back: ';

/** Takes back what a receipt changed, newest step first. Nodes that were changed again since are left alone. */
export const rollback: Repair = {
  name: 'rollback',
  summary: 'brings back what was there before a receipt; what the receipt had put there is kept',
  // What was approved with a risk is taken back with it: the old weights are as much a change as the new ones.
  risk: (params) => RollbackParams.parse(params).risk,
  verify: [],
  describe: (targets, params) => {
    const names = targets.flatMap(({ before }) => Object.keys(before));
    return `take back ${RollbackParams.parse(params).receipt}: ${count(names.length, 'name', 'names')} as before it`;
  },
  plan: planRollback,
};

async function planRollback({ node, params, read }: LookContext): Promise<TargetPlan> {
  const { receipt, changed, unsure } = RollbackParams.parse(params);
  const outcome = unsure[node.name];
  if (outcome !== undefined)
    return refused('no_way_back', `Nobody saw how ${receipt} ended there (${outcome}): a person has to look.`);
  const part = changed[node.name];
  if (part === undefined) return { kind: 'nothing' };
  const names = Object.keys(part.after);
  const asked = names.map((name) => ({ name: 'x', canonical: name, alias: name }));
  const survey = await read(modelsSurvey(node.modelsDir, asked));
  const before = Object.fromEntries(names.map((name) => [name, entryOf(survey, name)]));
  const is = (how: typeof isWanted, wanted: Readonly<Record<string, WantedState>>, name: string): boolean => {
    const state = before[name];
    return state !== undefined && wanted[name] !== undefined && how(state, wanted[name]);
  };
  // Other bytes of the same size and time are what a resync is for: they must not pass for what was there before.
  if (names.every((name) => is(isVery, part.before, name))) return { kind: 'nothing' };
  const moved = names.find((name) => !is(isWanted, part.after, name));
  if (moved !== undefined) {
    const now = before[moved] === undefined ? 'unknown' : entryWords(before[moved]);
    return refused('changed_since', `${moved} was changed after ${receipt} (it is ${now} now), so it is left alone.`);
  }
  const needed = part.steps.flatMap(({ undo }) => keptFor(undo) ?? []);
  const held = needed.length === 0 ? [] : (await read(heldFiles(node.modelsDir, []))).files.map(({ path }) => path);
  const gone = needed.find((path) => !held.includes(path));
  if (gone !== undefined)
    return refused('no_way_back', `${gone} is not there any more: it was pruned, or taken away by hand.`);
  const steps = numbered(part.steps.toReversed().map(stepBack));
  return {
    kind: 'steps',
    target: { node: node.name, models: part.models, before, after: part.before, steps, cures: [] },
  };
}

function stepBack({ title, timeoutMs, redo, undo }: RollbackParams['changed'][string]['steps'][number]): StepDraft {
  const again = title.startsWith(BACK) ? title.slice(BACK.length) : `${BACK}${title}`;
  return {
    kind: 'run',
    title: again.slice(0, 300),
    argv: undo,
    timeoutMs,
    undo: { kind: 'run', argv: redo ?? placeAgainArgv(undo) },
  };
}
