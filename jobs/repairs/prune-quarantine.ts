import { pruneQuarantineArgv, pruneQuarantine as script } from '../../src/actions/prune-quarantine.ts';
import type { LookContext, Repair, TargetPlan } from '../../src/contract/job.ts';
import { type EntryState, stateToken } from '../../src/domain/entry-state.ts';
import { PRUNE, type Target } from '../../src/domain/plan.ts';
import { PruneParams } from '../../src/domain/quarantine.ts';
import { bytes, count, joined } from '../../src/domain/wording.ts';
import type { HeldFile } from '../../src/facts/held-files.ts';
import { type Kept, keptFiles } from '../checks/kept-files.ts';
import { surveyOf } from '../checks/survey-of.ts';
import { refused } from './refusals.ts';
import { numbered, type StepDraft } from './target-steps.ts';

const STEPS_MAX = 64;
const RECEIPTS_NAMED_MAX = 4;

/** Deletes what receipts keep when it has had its time. The only repair that deletes anything, and only inside of quarantine. */
export const pruneQuarantine: Repair = {
  name: PRUNE,
  summary: 'deletes replaced files that have been kept long enough; the last known-good of each model stays',
  risk: 'disruptive',
  verify: [],
  describe(targets) {
    const states = targets.flatMap(({ before }) => Object.values(before));
    const size = states.reduce((sum, state) => sum + (state.kind === 'file' ? state.size : 0), 0);
    const receipts = [...new Set(targets.flatMap(receiptsOf))].toSorted();
    const more = receipts.length - RECEIPTS_NAMED_MAX;
    const named = [...receipts.slice(0, RECEIPTS_NAMED_MAX), ...(more > 0 ? [`${more} more`] : [])];
    const where = count(targets.length, 'node');
    const what = count(targets.flatMap(({ steps }) => steps).length, 'kept file');
    return `delete ${what} (${bytes(size)}) on ${where}: there ${joined(named)} can no longer be rolled back`.slice(
      0,
      200,
    );
  },
  plan: planPruning,
};

async function planPruning(context: LookContext): Promise<TargetPlan> {
  const { node, models, limits, now } = context;
  const survey = await surveyOf(context);
  const { folder } = survey;
  if (folder === null) return { kind: 'nothing' };
  if (!folder.writable)
    return refused('not_writable', 'The models folder may not be written to by the user of the inventory.');
  const asOfS = Math.floor(Date.parse(PruneParams.parse(context.params).asOf) / 1_000);
  const { files, clockS } = await keptFiles(context, survey, asOfS);
  const expired = files.filter(({ told }) => told.state === 'expired').toSorted((a, b) => a.keptS - b.keptS);
  if (expired.length === 0) return { kind: 'nothing' };
  if (Math.abs(now().getTime() / 1_000 - clockS) > limits.clockSkewS)
    return refused('clock_skewed', `The clock of ${node.name} is wrong, so nobody can tell how old what it keeps is.`);
  const chosen = expired.slice(0, STEPS_MAX);
  const before: Record<string, EntryState> = {};
  const after: Record<string, { kind: 'absent' }> = {};
  for (const file of chosen.flatMap(({ kept, undone }) => [kept, undone].flatMap((one) => one ?? []))) {
    before[file.path] = file.state;
    after[file.path] = { kind: 'absent' };
  }
  const steps = numbered(chosen.map((one) => stepFor({ folder: folder.path, folderId: folder.id }, one)));
  const names = models.map(({ name }) => name);
  return { kind: 'steps', target: { node: node.name, models: names, before, after, steps, cures: [] } };
}

function stepFor(
  place: { readonly folder: string; readonly folderId: string },
  { told, keptS, kept, undone }: Kept,
): StepDraft {
  const since = new Date(keptS * 1_000).toISOString().slice(0, 10);
  const { receipt, name, why } = told;
  return {
    kind: 'run',
    title: `delete ${name} of ${receipt} (${bytes(told.bytes)}, kept since ${since}: ${why})`.slice(0, 300),
    timeoutMs: script.timeoutMs,
    argv: pruneQuarantineArgv({ ...place, receipt, name, kept: token(kept), undone: token(undone) }),
    undo: { kind: 'none', because: 'what is deleted is gone' },
  };
}

function token(file: HeldFile | undefined): string {
  return file === undefined ? 'absent' : stateToken(file.state);
}

function receiptsOf({ steps }: Target): string[] {
  return steps.flatMap((step) => (step.kind === 'run' ? [step.argv[3] ?? ''] : []));
}
