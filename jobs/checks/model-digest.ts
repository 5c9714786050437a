import type { Check, LookContext } from '../../src/contract/job.ts';
import type { UnknownReason } from '../../src/domain/fault.ts';
import { type Finding, finding, type Unknown } from '../../src/domain/finding.ts';
import type { Model } from '../../src/domain/model.ts';
import { entryOf } from '../../src/facts/survey.ts';
import type { Survey } from '../../src/facts/survey-answer.ts';
import { dispute } from './dispute.ts';
import { inFlight, unlessInFlight } from './in-flight.ts';
import { digestFault, type Measured, measureFiles, presenceFault } from './model-fault.ts';
import { expectedOf, folderMissing, isSourceWrong, surveyOf } from './survey-of.ts';

/** Has each model the promoted bytes? Missing and cut files are told by model-present alone. */
export const modelDigest: Check = {
  name: 'model-digest',
  summary: 'models with other bytes than the promoted ones',
  first: surveyOf,
  run: async (context) => {
    const { node, models } = context;
    const survey = await surveyOf(context);
    if (survey.folder === null) return { findings: [folderMissing(node)], unknown: [], notes: [] };
    const there = models.filter((model) => isToJudge(context, model, survey));
    const measured = await measureFiles(
      context,
      survey,
      there.filter((model) => !isHidden(context, model)),
    );
    const faults = new Map<Model, Finding>();
    const verdicts = there.map((model) => {
      const verdict = verdictOn(context, model, measured.get(model.canonical));
      if (verdict.finding !== undefined) faults.set(model, verdict.finding);
      return verdict;
    });
    const findings = [...(await unlessInFlight(context, survey, faults)).values()];
    const right = verdicts.filter(({ right }) => right).length;
    const notes = verdicts.flatMap(({ note }) => note ?? []);
    if (there.length > 0) notes.push(`${right} of ${there.length} files have the promoted digest`);
    return { findings, unknown: verdicts.flatMap(({ unknown }) => unknown ?? []), notes };
  },
};

function isToJudge(context: LookContext, model: Model, survey: Survey): boolean {
  const { kind } = entryOf(survey, model.canonical);
  return (kind === 'file' || kind === 'link') && presenceFault(context, model, survey) === undefined;
}

/** While the source itself is wrong nobody can say which side is right, so only the source is told. */
function isHidden(context: LookContext, model: Model): boolean {
  return isSourceWrong(expectedOf(context, model)) && !context.node.coordinator;
}

type Verdict = {
  readonly finding?: Finding | undefined;
  readonly unknown?: Unknown;
  readonly note?: string;
  readonly right?: boolean;
};

function verdictOn(context: LookContext, model: Model, measured: Measured | undefined): Verdict {
  const { record, source, copies = [] } = expectedOf(context, model);
  const file = model.canonical;
  if (isHidden(context, model)) return { note: `${file} is not judged: the coordinator's own file is not right` };
  if (source.kind === 'disputed') return { finding: dispute(context.node.name, model, source.detail, copies) };
  const unsound = soundness(context, model);
  if (unsound !== undefined) return { finding: unsound };
  if (measured === undefined)
    return { unknown: unknownOf(context, model, 'parse', `${file} is a link itself; its bytes were not read`) };
  if (record.current === null) {
    return { unknown: unknownOf(context, model, 'no_record', `nobody knows yet which bytes ${file} should have`) };
  }
  if (measured === 'changed') return { finding: inFlight(context.node.name, model, 'written') };
  const finding = digestFault(context, model, measured, record.current);
  return { finding, right: finding === undefined };
}

/** A file of the coordinator that is no sound checkpoint was never promoted: until something is on record that is all there is to say. */
function soundness({ node, expected }: LookContext, model: Model): Finding | undefined {
  const { record, source } = expectedOf({ expected }, model);
  if (!node.coordinator || source.kind !== 'bad' || source.code === undefined) return undefined;
  if (record.current !== null && source.code !== 'format_legacy') return undefined;
  return finding({
    code: source.code,
    node: node.name,
    model: model.name,
    subject: model.canonical,
    severity: 'critical',
    title: `${model.canonical} is not sent to anybody: ${source.detail}`.slice(0, 300),
    evidence: [source.detail],
  });
}

function unknownOf({ node }: LookContext, model: Model, reason: UnknownReason, detail: string): Unknown {
  return { node: node.name, check: modelDigest.name, reason, detail, model: model.name };
}
