import type { Check, LookContext } from '../../src/contract/job.ts';
import { shortDigest } from '../../src/domain/digest.ts';
import { type Finding, finding } from '../../src/domain/finding.ts';
import type { Model } from '../../src/domain/model.ts';
import { PLAY_CHECK } from '../../src/domain/play.ts';
import { count, joined } from '../../src/domain/wording.ts';
import { type Holder, modelHolders } from '../../src/facts/model-holders.ts';
import { entryOf } from '../../src/facts/survey.ts';
import type { Survey } from '../../src/facts/survey-answer.ts';
import { expectedOf, shown, surveyOf } from './survey-of.ts';

/** Which processes hold which bytes of each model: a swap by rename leaves a running reader its old file. */
export const modelPlay: Check = {
  name: PLAY_CHECK,
  summary: 'processes that hold a model open or mapped, and those that still hold one that was replaced',
  byDefault: false,
  run: async (context) => {
    const { models, read, node } = context;
    const survey = await surveyOf(context);
    if (survey.folder === null) return { findings: [], unknown: [], notes: [] };
    const names = models.map(({ canonical }) => canonical);
    const { holders, hidden } = await read(modelHolders(survey.folder.path, survey.folder.id, names));
    const of = (model: Model): Holder[] => holders.filter(({ file }) => file === model.canonical);
    const findings = models.flatMap((model) => oldPlay(context, survey, model, of(model)) ?? []);
    const held = models.flatMap((model) => notesOn(context, survey, model, of(model)));
    const notes = [
      ...(held.length === 0 ? [`${node.name}: no process that may be looked at holds a model open or mapped`] : held),
      ...(hidden === 0
        ? []
        : [`${node.name}: ${count(hidden, 'process', 'processes')} of other users may not be looked at`]),
    ];
    return { findings, unknown: [], notes };
  },
};

/** Bytes on record are right under whatever name they are held; without readable bytes the inode tells whether it is the file of now. */
function isOld({ expected }: LookContext, survey: Survey, model: Model, { digest, inode }: Holder): boolean {
  const current = expectedOf({ expected }, model).record.current;
  if (digest !== null && current !== null) return digest !== current.digest;
  const entry = entryOf(survey, model.canonical);
  return entry.kind !== 'file' || entry.inode !== inode;
}

function oldPlay(context: LookContext, survey: Survey, model: Model, holders: readonly Holder[]): Finding | undefined {
  const old = holders.filter((holder) => isOld(context, survey, model, holder));
  if (old.length === 0) return undefined;
  const programs = [...new Set(old.map(({ program, pid }) => `${shown(program)} (${pid})`))];
  return finding({
    code: 'plays_old_model',
    node: context.node.name,
    model: model.name,
    subject: model.canonical,
    severity: 'warning',
    title: `${count(programs.length, 'process', 'processes')} still ${programs.length === 1 ? 'plays' : 'play'} an old ${model.canonical} from memory`,
    evidence: [
      ...old.map(wordsOf),
      `restart ${joined(programs.slice(0, 10))}: the file there is another one by now`,
    ].slice(0, 20),
  });
}

function notesOn(context: LookContext, survey: Survey, model: Model, holders: readonly Holder[]): string[] {
  const right = holders.filter((holder) => !isOld(context, survey, model, holder));
  return right.map((holder) => `${context.node.name}: ${model.name} is played as it should be by ${wordsOf(holder)}`);
}

function wordsOf({ pid, program, startedS, how, digest }: Holder): string {
  const since = new Date(startedS * 1_000).toISOString().slice(0, 16).replace('T', ' ');
  const bytes = digest === null ? 'bytes that may not be read' : shortDigest(digest);
  return `${shown(program)} (process ${pid}, since ${since} UTC) holds ${bytes} ${how}`;
}
