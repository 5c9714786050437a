import { deriveModel, deriveModelArgv, dropDerivedArgv } from '../../src/actions/derive-model.ts';
import type { LookContext, Repair, TargetPlan } from '../../src/contract/job.ts';
import { shortDigest } from '../../src/domain/digest.ts';
import { type RecordedDigest, savedAnewBy } from '../../src/domain/expected.ts';
import { DERIVED } from '../../src/domain/plan.ts';
import { fileDigests } from '../../src/facts/file-digest.ts';
import { reExport as reExportFact } from '../../src/facts/re-export.ts';
import { entryOf } from '../../src/facts/survey.ts';
import { expectedOf, surveyOf } from '../checks/survey-of.ts';
import { targetOf } from './put-right.ts';
import { diskRefusal, folderRefusal, refused } from './refusals.ts';
import { type StepDraft, sendStep, sentState } from './target-steps.ts';

/** Writes the coordinator's file in the format that the cluster loads, beside the original, puts it in its place and moves the record; nodes follow by their own repairs. */
export const reExport: Repair = {
  name: 're-export',
  summary: 'saves a model of the old format anew on the coordinator, compared value by value; the original is kept',
  risk: 'replaces-weights',
  verify: ['model-present', 'model-digest', 'model-format'],
  describe(targets) {
    const made = targets.flatMap(({ steps }) => steps.flatMap((step) => (step.kind === 'record' ? [step] : [])));
    const words = made.map(({ model, to }) => `${model} as ${shortDigest(to.digest)}`).join(', ');
    return `save ${words} anew in the format that the cluster loads; the nodes get it by fix afterwards`.slice(0, 200);
  },
  plan: planReExport,
};

async function planReExport(context: LookContext): Promise<TargetPlan> {
  const { node, read } = context;
  const [model] = context.models;
  if (model === undefined) return { kind: 'nothing' };
  if (!node.coordinator || node.root === null)
    return refused('source_bad', `Only the coordinator's own file is saved anew; ${node.name} gets it afterwards.`);
  const { source, record } = expectedOf(context, model);
  if (source.kind !== 'bad' || source.code !== 'format_legacy') return { kind: 'nothing' };
  const survey = await surveyOf(context);
  const stopped = folderRefusal(survey, [model]);
  if (stopped !== undefined || survey.folder === null) return stopped ?? { kind: 'nothing' };
  const { path: dir, id: folderId } = survey.folder;
  const file = model.canonical;
  const before = entryOf(survey, file);
  const digest = (await read(fileDigests(dir, folderId, [file]))).get(file);
  if (digest === undefined || digest === 'changed' || before.kind !== 'file')
    return refused('model_in_flight', `${file} changes while it is read. Ask again in a minute.`);
  const place = { root: node.root, venv: node.venv, dir, folderId };
  const made = await read(reExportFact(place, file, digest.digest));
  if (made.result === 'no_torch')
    return refused('no_tool', `No Python on ${node.name} has torch, so ${file} cannot be saved anew there.`);
  if (made.result !== 'made')
    return refused('source_bad', `${file} cannot be saved anew: ${made.detail.replace(/\.$/, '')}.`);
  // The derived file stays beside the one that is placed.
  const full = diskRefusal(survey, 2 * made.bytes, context.limits.diskStopPercent);
  if (full !== undefined) return full;
  const derivation = { ...place, file, digest: digest.digest, made: made.digest };
  const line: RecordedDigest = {
    digest: made.digest,
    bytes: made.bytes,
    // The original's, so that no daemon takes it for new.
    mtimeS: Math.max(0, Number(before.mtimeNs.slice(0, -9))),
    since: '1970-01-01T00:00:00.000Z',
    from: node.name,
    by: savedAnewBy(made.torch, digest.digest),
    provisional: false,
  };
  const send = sendStep({
    place: { folder: dir, folderId },
    model,
    wanted: line,
    source: node.name,
    sourcePath: `${DERIVED}${made.digest}`,
    before,
    transports: ['stream'],
  });
  const { since: _, provisional: __, ...to } = line;
  const drafts: StepDraft[] = [
    {
      kind: 'run',
      title: `save ${file} anew with torch ${made.torch}, load it back and compare every value`.slice(0, 300),
      timeoutMs: deriveModel.timeoutMs,
      argv: deriveModelArgv(derivation),
      undo: { kind: 'run', argv: dropDerivedArgv(derivation) },
    },
    send,
    {
      kind: 'record',
      title: `make ${shortDigest(made.digest)} the expected digest of ${model.name}`,
      timeoutMs: 10_000,
      undo: { kind: 'record' },
      model: model.name,
      from: record.current?.digest ?? null,
      to,
    },
  ];
  const part = { model, drafts, before: { [file]: before }, after: { [file]: sentState(send) }, cures: [] };
  return targetOf(context, survey, [part]);
}
