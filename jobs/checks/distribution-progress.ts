import type { Check, LookContext } from '../../src/contract/job.ts';
import { PROGRESS_CHECK } from '../../src/domain/daemon.ts';
import { shortDigest } from '../../src/domain/digest.ts';
import { Fault } from '../../src/domain/fault.ts';
import { type Finding, finding, type Unknown } from '../../src/domain/finding.ts';
import { foldNames } from '../../src/domain/fold-names.ts';
import type { Model } from '../../src/domain/model.ts';
import { count, duration } from '../../src/domain/wording.ts';
import { entryOf } from '../../src/facts/survey.ts';
import { measureFiles } from './model-fault.ts';
import { expectedOf, surveyOf } from './survey-of.ts';

/** A promotion's file may be older than the word of it by so long (ms); before that nothing was promoted. */
const PROMOTED_BEFORE_MS = 30 * 60_000;

/** Does a promotion reach the nodes? Told as stuck only when nothing has moved for the time that medic.yaml gives; until then it is under way, which is not known to be wrong. */
export const distributionProgress: Check = {
  name: PROGRESS_CHECK,
  summary: 'promotions that stopped on their way: at the coordinator, or before some nodes',
  scope: 'cluster',
  byDefault: false,
  run: async (context) => {
    const findings: Finding[] = [];
    const unknown: Unknown[] = [];
    const arrivals = await arrivalsOf(context);
    if (arrivals.kind === 'nobody') return { findings, unknown: [nobody(context, arrivals.fault)], notes: [] };
    for (const model of context.models) {
      const stage = await stageOf(context, model, arrivals.of);
      if (stage === undefined) continue;
      if (stage.sinceMs > context.daemon.stuckSeconds * 1_000) findings.push(stuck(context, model, stage));
      else unknown.push(underWay(context, model, stage));
    }
    return { findings, unknown, notes: [] };
  },
};

/** What one node has of the models, and since when by its own clock; a node that does not answer has no say. */
type Arrival = { readonly node: string; readonly has: ReadonlyMap<string, number | undefined> };

/** Where a promotion stands: who has it, who lacks it, and for how long nothing has moved. */
type Stage = {
  readonly at: 'promotion' | 'distribution';
  readonly words: string;
  readonly sinceMs: number;
  readonly evidence: readonly string[];
};

/** What each node that models are sent to has of them; nobody: none of them answers. */
export async function arrivalsOf(
  context: LookContext,
): Promise<
  { readonly kind: 'some'; readonly of: readonly Arrival[] } | { readonly kind: 'nobody'; readonly fault: Fault }
> {
  const targets = context.fleet.filter(({ node }) => node.noTargetBecause === null);
  const told = await Promise.all(
    targets.map(async ({ node, read }) => {
      try {
        return { node: node.name, has: await arrivedOn({ ...context, node, read }) };
      } catch (error) {
        if (error instanceof Fault) return error;
        throw error;
      }
    }),
  );
  const answers = told.flatMap((one) => (one instanceof Fault ? [] : [one]));
  const [fault] = told.flatMap((one) => (one instanceof Fault ? [one] : []));
  return answers.length === 0 && fault !== undefined ? { kind: 'nobody', fault } : { kind: 'some', of: answers };
}

/** When each model's promoted bytes came under name and alias (ms), undefined where they have not. */
async function arrivedOn(context: LookContext): Promise<Map<string, number | undefined>> {
  const survey = await surveyOf(context);
  const measured = await measureFiles(context, survey, context.models);
  return new Map(
    context.models.map((model) => {
      const file = survey.folder === null ? undefined : entryOf(survey, model.canonical);
      const alias = survey.folder === null ? undefined : entryOf(survey, model.alias);
      const isRight = measured.get(model.canonical) === expectedOf(context, model).record.current?.digest;
      const isPlayed = alias?.kind === 'link' && alias.text === model.canonical;
      return [model.name, isRight && isPlayed && file?.kind === 'file' ? msOf(file.ctimeNs) : undefined] as const;
    }),
  );
}

async function stageOf(context: LookContext, model: Model, arrivals: readonly Arrival[]): Promise<Stage | undefined> {
  const { now, promotedAt } = context;
  const { record } = expectedOf(context, model);
  const nowMs = now().getTime();
  if (promotedAt !== undefined) {
    const changedMs = await changedOnSource(context, model);
    const toldMs = Date.parse(promotedAt);
    if (changedMs !== undefined && changedMs < toldMs - PROMOTED_BEFORE_MS) {
      const words = `a promotion of ${model.name} was told, and ${model.canonical} on ${context.node.name} has not changed for ${duration(nowMs - changedMs)}`;
      return {
        at: 'promotion',
        words,
        sinceMs: nowMs - toldMs,
        evidence: [`told ${promotedAt}`, 'it stopped before distribution'],
      };
    }
  }
  const { candidate } = record;
  if (candidate !== null) {
    const words = `${shortDigest(candidate.digest)} of ${model.name} was seen once on ${context.node.name}: the next look decides`;
    return {
      at: 'promotion',
      words,
      sinceMs: nowMs - Date.parse(candidate.since),
      evidence: ['it is not on record yet'],
    };
  }
  if (record.current === null) return undefined;
  const lacking = arrivals.filter(({ has }) => has.get(model.name) === undefined).map(({ node }) => node);
  if (lacking.length === 0) return undefined;
  const came = arrivals.flatMap(({ has }) => has.get(model.name) ?? []);
  const lastMs = Math.max(Date.parse(record.current.since), ...came);
  const words = `${shortDigest(record.current.digest)} of ${model.name} is on ${arrivals.length - lacking.length} of ${count(arrivals.length, 'node')} that answer`;
  const evidence = [`without it: ${foldNames(lacking)}`, `nothing has arrived for ${duration(nowMs - lastMs)}`];
  return { at: 'distribution', words, sinceMs: nowMs - lastMs, evidence };
}

/** When the coordinator's file was last changed or put in place (ms). */
async function changedOnSource(context: LookContext, model: Model): Promise<number | undefined> {
  const survey = await surveyOf(context);
  const file = survey.folder === null ? undefined : entryOf(survey, model.canonical);
  return file?.kind === 'file' ? msOf(file.ctimeNs) : undefined;
}

function stuck({ node, daemon }: LookContext, model: Model, { at, words, evidence }: Stage): Finding {
  return finding({
    code: 'distribution_stuck',
    node: node.name,
    model: model.name,
    subject: model.canonical,
    severity: 'critical',
    title: `stuck at ${at}: ${words}`.slice(0, 300),
    evidence: [...evidence, `no progress for more than ${duration(daemon.stuckSeconds * 1_000)}`],
  });
}

/** Where nobody answers, nobody knows where the promotion is. */
function nobody({ node }: LookContext, { reason, message }: Fault): Unknown {
  const detail = `no node answers that models are sent to: ${message}`.slice(0, 1_000);
  return { node: node.name, check: PROGRESS_CHECK, reason, detail };
}

function underWay({ node }: LookContext, model: Model, { words, evidence }: Stage): Unknown {
  const detail = `under way: ${words}; ${evidence.join('; ')}`.slice(0, 1_000);
  return { node: node.name, check: PROGRESS_CHECK, reason: 'no_record', detail, model: model.name };
}

function msOf(nanoseconds: string): number {
  return Math.floor(Number(nanoseconds) / 1_000_000);
}
