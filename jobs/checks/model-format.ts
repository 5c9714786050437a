import type { Check, LookContext } from '../../src/contract/job.ts';
import { type Checkpoint, checkpointFault, checkpointLines } from '../../src/domain/checkpoint.ts';
import type { UnknownReason } from '../../src/domain/fault.ts';
import { type Finding, finding, type Unknown } from '../../src/domain/finding.ts';
import type { Model } from '../../src/domain/model.ts';
import { checkpointGate } from '../../src/facts/checkpoint-gate.ts';
import type { NodeTorch } from '../../src/facts/node-torch.ts';
import { entryOf } from '../../src/facts/survey.ts';
import type { Survey } from '../../src/facts/survey-answer.ts';
import { inFlight, unlessInFlight } from './in-flight.ts';
import { type Measured, measureFiles, presenceFault } from './model-fault.ts';
import { expectedOf, folderMissing, isSourceWrong, surveyOf } from './survey-of.ts';
import { mayBeTooOld, noTorch, torchFault, torchNotes, torchThere } from './torch-there.ts';

/** Is each model a sound checkpoint of the model it is named after? A file with the digest of a source that was read a moment ago is not read again. */
export const modelFormat: Check = {
  name: 'model-format',
  summary:
    'models that are no sound checkpoints, of another board, or too new for the torch there: read from the file, never loaded',
  byDefault: false,
  first: surveyOf,
  run: async (context) => {
    const { node, models, read } = context;
    const survey = await surveyOf(context);
    const { folder } = survey;
    if (folder === null) return { findings: [folderMissing(node)], unknown: [], notes: [] };
    const there = models.filter((model) => isToJudge(context, model, survey));
    const measured = await measureFiles(context, survey, there);
    const torch = there.length === 0 ? undefined : await torchThere(context);
    const all = mayBeTooOld(torch);
    const toRead = there.filter((model) => all || !isAsSource(context, model, measured.get(model.canonical)));
    const names = toRead.map(({ canonical }) => canonical);
    const seen = names.length === 0 ? new Map() : await read(checkpointGate(folder.path, folder.id, names));
    const faults = new Map<Model, Finding>();
    const verdicts = toRead.map((model) => {
      const verdict = verdictOn(context, model, { checkpoint: seen.get(model.canonical), measured, torch });
      if (verdict.finding !== undefined) faults.set(model, verdict.finding);
      return verdict;
    });
    const findings = [...(await unlessInFlight(context, survey, faults)).values()];
    const unknown = verdicts.flatMap((verdict) => verdict.unknown ?? []);
    // A sound file that is too new for this node is sound.
    const unsound = findings.filter(({ code }) => code !== 'torch_too_old').length;
    const right = there.length - unsound - unknown.length;
    const none = torch?.kind === 'none' && context.node.venv !== null ? [noTorch(context)] : [];
    return {
      findings: [...findings, ...none],
      unknown,
      notes: [
        ...(there.length === 0 ? [] : [`${right} of ${there.length} files are sound inside`]),
        ...torchNotes(context, torch),
      ],
    };
  },
};

/** Missing and cut files are told by model-present alone; while the source is wrong only the source is told. */
function isToJudge(context: LookContext, model: Model, survey: Survey): boolean {
  if (entryOf(survey, model.canonical).kind !== 'file' || presenceFault(context, model, survey)) return false;
  return !isSourceWrong(expectedOf(context, model)) || context.node.coordinator;
}

/** A good source was read whole in this look, so the same bytes need no second reading. */
function isAsSource(context: LookContext, model: Model, measured: Measured | undefined): boolean {
  const { record, source } = expectedOf(context, model);
  return source.kind === 'good' && measured === record.current?.digest;
}

function verdictOn(
  context: LookContext,
  model: Model,
  seen: {
    readonly checkpoint: Checkpoint | undefined;
    readonly measured: ReadonlyMap<string, Measured>;
    readonly torch: NodeTorch | undefined;
  },
): { readonly finding?: Finding; readonly unknown?: Unknown } {
  const { node } = context;
  const { checkpoint, measured, torch } = seen;
  const file = model.canonical;
  const unknown = (reason: UnknownReason, detail: string) => ({
    unknown: { node: node.name, check: modelFormat.name, reason, detail, model: model.name },
  });
  if (checkpoint === undefined) throw new Error(`${file} was not read`);
  if (measured.get(file) === 'changed') return { finding: inFlight(node.name, model, 'written') };
  const fault = checkpointFault(checkpoint, model.name);
  if (fault !== undefined) {
    const { code, words } = fault;
    const about = { node: node.name, model: model.name, subject: file, severity: 'critical' } as const;
    const title = `${file}: ${words}`.slice(0, 300);
    return { finding: finding({ ...about, code, title, evidence: checkpointLines(checkpoint) }) };
  }
  const tooOld = torchFault(context, model, checkpoint, torch);
  if (tooOld !== undefined) return { finding: tooOld };
  return checkpoint.read ? {} : unknown('no_tool', `${file}: ${checkpoint.detail}`);
}
