import type { LookContext, TargetPlan } from '../../src/contract/job.ts';
import { shortDigest } from '../../src/domain/digest.ts';
import { type EntryState, stateToken, type WantedState } from '../../src/domain/entry-state.ts';
import { bestCopy } from '../../src/domain/expected.ts';
import type { Finding } from '../../src/domain/finding.ts';
import type { Model } from '../../src/domain/model.ts';
import type { TransportName } from '../../src/domain/plan.ts';
import { entryOf } from '../../src/facts/survey.ts';
import type { Survey } from '../../src/facts/survey-answer.ts';
import { aliasFault } from '../checks/alias-fault.ts';
import { inFlight, unlessInFlight } from '../checks/in-flight.ts';
import { digestFault, measureFiles, presenceFault } from '../checks/model-fault.ts';
import { expectedOf, surveyOf } from '../checks/survey-of.ts';
import { diskRefusal, folderRefusal, type Refused, refused, sendRefusal } from './refusals.ts';
import {
  linkedState,
  linkStep,
  numbered,
  type Place,
  type StepDraft,
  sendStep,
  sentState,
  transportsFor,
} from './target-steps.ts';

/** `links`: aliases only. `models`: also sends models. `files`: also replaces regular files that are in an alias' place. */
export type Reach = 'links' | 'models' | 'files';

/** How models are sent: by which transports, the node's usual ones by default, whether also where nothing is wrong with them, and from where. */
export type Sending = {
  readonly transports?: readonly TransportName[];
  readonly always?: boolean;
  /** From any place that holds the right bytes, to the coordinator itself. */
  readonly restore?: boolean;
};

/** Longest token of a link that is passed to a script; a link with a longer text is a person's business. */
const TOKEN_MAX = 2_000;
const STEPS_MAX = 64;

/** Steps that put the models of the context right on one node, in a fixed order; refused as a whole when one of them cannot be. */
export async function putRight(context: LookContext, reach: Reach, sending: Sending = {}): Promise<TargetPlan> {
  const survey = await surveyOf(context);
  const refusal = folderRefusal(survey, context.models);
  if (refusal !== undefined || survey.folder === null) return refusal ?? { kind: 'nothing' };
  const models = context.models.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const faults = reach === 'links' ? new Map<Model, Finding>() : await modelFaults(context, survey, models);
  const parts = models.map((model) => partFor({ context, survey, model, reach, sending, fault: faults.get(model) }));
  const stopped = parts.find((part) => 'kind' in part);
  if (stopped !== undefined && 'kind' in stopped) return stopped;
  const good = parts.flatMap((part) => ('kind' in part ? [] : [part]));
  return targetOf(
    context,
    survey,
    good.filter(({ drafts }) => drafts.length > 0),
  );
}

/** What a repair does about one model: its steps, what the names were, and the findings that go away by it. */
type Part = {
  readonly model: Model;
  readonly drafts: readonly StepDraft[];
  readonly before: Readonly<Record<string, EntryState>>;
  readonly after: Readonly<Record<string, WantedState>>;
  readonly cures: readonly string[];
};

/** The target that the parts make together, unless there are none or the disk is too small. */
export function targetOf(
  { node, limits }: Pick<LookContext, 'node' | 'limits'>,
  survey: Pick<Survey, 'disk'>,
  parts: readonly Part[],
): TargetPlan {
  const drafts = parts.flatMap((part) => part.drafts);
  if (drafts.length === 0) return { kind: 'nothing' };
  if (drafts.length > STEPS_MAX)
    return refused(
      'usage',
      `${drafts.length} steps on one node are too many for one plan: ask for fewer models at once.`,
    );
  const bytes = drafts.reduce((sum, draft) => sum + (draft.kind === 'transfer' ? draft.bytes : 0), 0);
  const full = bytes === 0 ? undefined : diskRefusal(survey, bytes, limits.diskStopPercent);
  if (full !== undefined) return full;
  return {
    kind: 'steps',
    target: {
      node: node.name,
      models: parts.map(({ model }) => model.name),
      before: Object.assign({}, ...parts.map(({ before }) => before)),
      after: Object.assign({}, ...parts.map(({ after }) => after)),
      steps: numbered(drafts),
      cures: parts.flatMap(({ cures }) => cures),
    },
  };
}

async function modelFaults(
  context: LookContext,
  survey: Survey,
  models: readonly Model[],
): Promise<ReadonlyMap<Model, Finding>> {
  const faults = new Map<Model, Finding>();
  const whole: Model[] = [];
  for (const model of models) {
    const fault = presenceFault(context, model, survey);
    if (fault !== undefined) faults.set(model, fault);
    else whole.push(model);
  }
  const measured = await measureFiles(context, survey, whole);
  for (const model of whole) {
    const digest = measured.get(model.canonical);
    const current = expectedOf(context, model).record.current;
    if (digest === undefined || current === null) continue;
    const fault =
      digest === 'changed'
        ? inFlight(context.node.name, model, 'written')
        : digestFault(context, model, digest, current);
    if (fault !== undefined) faults.set(model, fault);
  }
  return unlessInFlight(context, survey, faults);
}

function partFor(options: {
  readonly context: LookContext;
  readonly survey: Survey;
  readonly model: Model;
  readonly reach: Reach;
  readonly sending: Sending;
  readonly fault: Finding | undefined;
}): Part | Refused {
  const { context, survey, model, reach, sending, fault } = options;
  if (fault?.code === 'model_in_flight')
    return refused('model_in_flight', `${fault.title}. Nothing is repaired meanwhile; ask again in a minute.`);
  const place = placeOf(survey);
  const alias = entryOf(survey, model.alias);
  const canonical = entryOf(survey, model.canonical);
  const wrongAlias = aliasFault(context.node, model, survey, expectedOf(context, model));
  const send =
    fault === undefined && sending.always !== true ? undefined : sendDraft({ ...options, place, before: canonical });
  if (send !== undefined && 'refusal' in send) return send;
  // A link with the right text only lacks its file.
  const follows = send !== undefined && alias.kind === 'link' && alias.text === model.canonical;
  const link = wrongAlias === undefined || follows ? undefined : linkDraft({ model, place, alias, reach });
  if (link !== undefined && 'refusal' in link) return link;
  if (link !== undefined && send === undefined && canonical.kind !== 'file') {
    return refused(
      'gone',
      `${model.canonical} is not on the node as a file, so ${model.alias} cannot lead to it. Check model-present first.`,
    );
  }
  return {
    model,
    drafts: [...(send === undefined ? [] : [send]), ...(link === undefined ? [] : [link])],
    before: {
      ...(send === undefined ? {} : { [model.canonical]: canonical }),
      ...(link === undefined ? {} : { [model.alias]: alias }),
    },
    after: {
      ...(send === undefined ? {} : { [model.canonical]: sentState(send) }),
      ...(link === undefined ? {} : { [model.alias]: linkedState(model) }),
    },
    cures: [fault, link === undefined && !follows ? undefined : wrongAlias].flatMap((one) => one?.id ?? []),
  };
}

function placeOf({ folder }: Survey): Place {
  if (folder === null) throw new Error('steps were asked for without a folder');
  return { folder: folder.path, folderId: folder.id };
}

function sendDraft(options: {
  readonly context: LookContext;
  readonly survey: Survey;
  readonly model: Model;
  readonly sending: Sending;
  readonly place: Place;
  readonly before: EntryState;
}): StepDraft | Refused {
  const { context, survey, model, sending, place, before } = options;
  if (before.kind !== 'absent' && before.kind !== 'file') {
    return refused(
      'canonical_in_the_way',
      `A ${before.kind === 'other' ? 'special file' : before.kind} has the name ${model.canonical}: a person has to look.`,
    );
  }
  const { record, source } = expectedOf(context, model);
  if (sending.restore === true) return restoreDraft(context, model, place, before);
  const refusal = sendRefusal(context, model);
  if (refusal !== undefined || record.current === null)
    return refusal ?? refused('source_bad', `${model.canonical} has no record.`);
  const transports = transportsFor(survey.tools, sending.transports);
  return sendStep({ place, model, wanted: record.current, source: source.node, before, transports });
}

/** Brings the recorded bytes back to the coordinator from wherever they lie; only through the worker, since no node has a key to it. */
function restoreDraft(context: LookContext, model: Model, place: Place, before: EntryState): StepDraft | Refused {
  const expected = expectedOf(context, model);
  const wanted = expected.record.current;
  const copy = bestCopy(expected);
  if (wanted === null || copy === undefined)
    return refused(
      'source_bad',
      `No node that answers holds ${wanted === null ? 'a recorded' : shortDigest(wanted.digest)} ${model.canonical}: a person has to bring it back.`,
    );
  return sendStep({ place, model, wanted, source: copy.node, sourcePath: copy.path, before, transports: ['stream'] });
}

/** An alias that this repair may not replace is left when models are sent, and is the reason to refuse when links are all it does. */
function linkDraft(options: {
  readonly model: Model;
  readonly place: Place;
  readonly alias: EntryState;
  readonly reach: Reach;
}): StepDraft | Refused | undefined {
  const { model, place, alias, reach } = options;
  if (alias.kind === 'folder' || alias.kind === 'other') {
    return refused(
      'canonical_in_the_way',
      `A ${alias.kind === 'folder' ? 'folder' : 'special file'} has the name ${model.alias}: a person has to look.`,
    );
  }
  if (alias.kind === 'file' && reach !== 'files') {
    if (reach === 'models') return undefined;
    return refused('plan_stale', `${model.alias} has become a regular file. Ask for the plan again.`);
  }
  if (stateToken(alias).length > TOKEN_MAX)
    return refused(
      'canonical_in_the_way',
      `The link ${model.alias} has a text of ${stateToken(alias).length} characters: a person has to look.`,
    );
  return linkStep(place, model, alias);
}
