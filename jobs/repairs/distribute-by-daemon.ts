import { askDaemonArgv } from '../../src/actions/ask-daemon.ts';
import type { LookContext, Repair, TargetPlan } from '../../src/contract/job.ts';
import { DaemonDistributeParams } from '../../src/domain/distribution.ts';
import type { EntryState, WantedState } from '../../src/domain/entry-state.ts';
import type { RecordedDigest } from '../../src/domain/expected.ts';
import { foldNames } from '../../src/domain/fold-names.ts';
import type { Model } from '../../src/domain/model.ts';
import type { Step } from '../../src/domain/plan.ts';
import { count } from '../../src/domain/wording.ts';
import { entryOf } from '../../src/facts/survey.ts';
import { measureFiles } from '../checks/model-fault.ts';
import { expectedOf, surveyOf } from '../checks/survey-of.ts';
import { type Refused, refused, sourceRefusal } from './refusals.ts';
import { numbered, type StepDraft } from './target-steps.ts';

/** The slowest link that is waited for, bytes a second. */
const SLOWEST = 1_000_000;
const ASK_MS = 600_000;

/** Asks the cluster's own daemon, then waits for the named nodes: only their digests tell whether it did it. */
export const distributeByDaemon: Repair = {
  name: 'distribute-by-daemon',
  summary: 'asks the distribution daemon to send models, and believes the digests on the nodes alone',
  risk: 'replaces-weights',
  verify: ['model-present', 'model-digest'],
  leads: true,
  describe(targets, params) {
    const { models } = DaemonDistributeParams.parse(params);
    const waiting = targets.filter(({ steps }) => steps.some(({ kind }) => kind === 'await'));
    return `ask the daemon for ${foldNames(models)} and wait for ${count(waiting.length, 'node')}; it sends every canonical file to all its targets, not only these`;
  },
  plan: async (context) => (context.node.coordinator ? planAsking(context) : planWaiting(context)),
};

/** The daemon sends whatever lies under a canonical name, so each of them has to be fit to be sent. */
async function planAsking(context: LookContext): Promise<TargetPlan> {
  const { models: asked, nodes } = DaemonDistributeParams.parse(context.params);
  const { name, root, modelsDir } = context.node;
  if (root === null || modelsDir === null)
    return refused('gone', `The inventory does not say where the cluster's folder is on ${name}.`);
  for (const model of context.models) {
    const refusal = sourceRefusal(context, model);
    const { source } = expectedOf(context, model);
    if (refusal !== undefined && (asked.includes(model.name) || source.kind !== 'absent')) return refusal;
  }
  const survey = await surveyOf(context);
  const wanted = context.models.filter((model) => asked.includes(model.name));
  const before: Record<string, EntryState> = {};
  const after: Record<string, WantedState> = {};
  const steps: StepDraft[] = wanted.map((model) => {
    const record = recordOf(context, model);
    before[model.canonical] = entryOf(survey, model.canonical);
    if (record !== undefined) after[model.canonical] = wantedFile(record);
    const folder = modelsDir.startsWith(`${root}/`) ? modelsDir.slice(root.length + 1) : modelsDir;
    const path = `${folder}/${model.canonical}`;
    return {
      kind: 'run',
      title: `ask the distribution daemon to send ${model.canonical}`,
      timeoutMs: ASK_MS,
      argv: askDaemonArgv({ root, port: context.daemon.statusPort, path, nodes }),
      undo: { kind: 'none', because: 'what the daemon was asked to send cannot be called back' },
    };
  });
  const models = context.models.map((model) => model.name);
  return { kind: 'steps', target: { node: name, models, before, after, steps: numbered(steps), cures: [] } };
}

/** The same whatever the daemon has done there meanwhile, so that its own work is not taken for drift. */
async function planWaiting(context: LookContext): Promise<TargetPlan> {
  const { models: asked } = DaemonDistributeParams.parse(context.params);
  const { node, daemon } = context;
  const models = context.models.filter(({ name }) => asked.includes(name));
  const refusal = await whyNotThere(context, models);
  if (refusal !== undefined) return refusal;
  const measured = await measureFiles(context, await surveyOf(context), models);
  const after: Record<string, WantedState> = {};
  const steps = models.flatMap((model): Omit<Extract<Step, { kind: 'await' }>, 'id'>[] => {
    const record = recordOf(context, model);
    if (record === undefined || measured.get(model.canonical) === record.digest) return [];
    after[model.canonical] = wantedFile(record);
    return [
      {
        kind: 'await',
        title: `wait until ${model.canonical} has come`,
        timeoutMs: daemon.stuckSeconds * 1_000 + Math.ceil((record.bytes / SLOWEST) * 1_000),
        undo: { kind: 'none', because: 'the daemon wrote it and kept nothing' },
        model: model.name,
        file: model.canonical,
        digest: record.digest,
        bytes: record.bytes,
        source: expectedOf(context, model).source.node,
      },
    ];
  });
  if (steps.length === 0) return { kind: 'nothing' };
  const target = { node: node.name, models: models.map(({ name }) => name), before: {}, after, cures: [] };
  return { kind: 'steps', target: { ...target, steps: numbered(steps) } };
}

async function whyNotThere(context: LookContext, models: readonly Model[]): Promise<Refused | undefined> {
  const { name, noTargetBecause } = context.node;
  if (noTargetBecause !== null) return refused('node_inactive', `No models are sent there: ${noTargetBecause}.`);
  const [refusal] = models.flatMap((model) => sourceRefusal(context, model) ?? []);
  if (refusal !== undefined) return refusal;
  const { folder } = await surveyOf(context);
  return folder === null ? refused('gone', `${name} has no models folder; the daemon makes none.`) : undefined;
}

function recordOf(context: LookContext, model: Model): RecordedDigest | undefined {
  return expectedOf(context, model).record.current ?? undefined;
}

function wantedFile({ bytes, mtimeS }: RecordedDigest): WantedState {
  return { kind: 'file', size: bytes, mtimeNs: `${mtimeS}000000000` };
}
