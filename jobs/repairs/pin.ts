import type { LookContext, Repair, TargetPlan } from '../../src/contract/job.ts';
import { shortDigest } from '../../src/domain/digest.ts';
import { type Expected, expectedWith, pinnedBy, type RecordLine } from '../../src/domain/expected.ts';
import { PinParams } from '../../src/domain/pin.ts';
import type { Step } from '../../src/domain/plan.ts';
import { candidateLines } from '../checks/dispute.ts';
import { expectedOf } from '../checks/survey-of.ts';
import { putRight } from './put-right.ts';
import { type Refused, refused } from './refusals.ts';
import { numbered, type StepDraft } from './target-steps.ts';

const RECORD_MS = 10_000;

/** Makes other bytes the expected ones: the coordinator and the record first, then, where it is wished, every node. */
export const pin: Repair = {
  name: 'pin',
  summary: 'says which bytes of a model are right, from a place that holds them; the others are kept',
  copies: true,
  risk: 'replaces-weights',
  verify: ['model-present', 'model-digest', 'alias-links'],
  describe(targets, params) {
    const { everywhere } = PinParams.parse(params);
    const to = targets.flatMap(({ steps }) => steps.flatMap((step) => (step.kind === 'record' ? [step] : [])))[0];
    const what =
      to === undefined ? 'send the pinned model' : `make ${shortDigest(to.to.digest)} the expected ${to.model}`;
    const where = everywhere ? `, on ${targets.length} nodes` : '';
    return `${what}${where}; the daemon's auto-promotion can overwrite it`;
  },
  plan: planPin,
};

async function planPin(context: LookContext): Promise<TargetPlan> {
  const { to, by, everywhere } = PinParams.parse(context.params);
  const [model] = context.models;
  if (model === undefined) return { kind: 'nothing' };
  const expected = expectedOf(context, model);
  const line = lineOf(expected, to, by);
  if ('kind' in line) return line;
  const { coordinator, name } = context.node;
  if (!coordinator && !everywhere) return { kind: 'nothing' };
  const moved = expectedWith(expected, line, coordinator ? name : expected.source.node);
  const then = { ...context, expected: new Map([[model.name, moved]]) };
  if (!coordinator) return putRight(then, 'models');
  const put = await putRight(then, 'models', { restore: true });
  if (put.kind === 'refused') return put;
  if (put.kind === 'nothing' && isPinned(expected, line)) return put;
  const steps = put.kind === 'steps' ? put.target.steps : [];
  const rest =
    put.kind === 'steps' ? put.target : { node: name, models: [model.name], before: {}, after: {}, cures: [] };
  return { kind: 'steps', target: { ...rest, steps: numbered([...steps, recordStep(model.name, expected, line)]) } };
}

function isPinned({ record: { current }, source }: Expected, line: RecordLine): boolean {
  return source.kind !== 'disputed' && current?.digest === line.digest && !current.provisional;
}

function recordStep(model: string, { record }: Expected, line: RecordLine): StepDraft {
  const step: Omit<Extract<Step, { kind: 'record' }>, 'id'> = {
    kind: 'record',
    title: `make ${shortDigest(line.digest)} the expected digest of ${model}`,
    timeoutMs: RECORD_MS,
    undo: { kind: 'record' },
    model,
    from: record.current?.digest ?? null,
    to: line,
  };
  return step;
}

/** What is to be current: `previous`, or the one known digest that begins so and of which a sound copy lies somewhere. */
function lineOf(expected: Expected, to: string, by: string): RecordLine | Refused {
  const { record, copies = [] } = expected;
  const { current, candidate, earlier } = record;
  const lines = [current, candidate, ...earlier].flatMap((line) => line ?? []);
  const before = earlier.find(({ digest }) => digest !== current?.digest);
  if (to === 'previous' && before === undefined)
    return refused(
      'digest_unknown',
      `${record.model} had no other digest on record before this one. Name one.${candidates(expected)}`,
    );
  const known = new Set([...lines, ...copies].map(({ digest }) => digest));
  const meant = to === 'previous' ? [before?.digest ?? ''] : [...known].filter((digest) => digest.startsWith(to));
  const [digest] = meant;
  if (digest === undefined || meant.length > 1)
    return refused(
      'digest_unknown',
      `${digest === undefined ? 'No' : 'More than one'} known digest of ${record.model} begins with ${to}.${candidates(expected)}`,
    );
  const copy = copies.find((one) => one.digest === digest && one.sound);
  if (copy === undefined) {
    const found = copies.find((one) => one.digest === digest);
    return found === undefined
      ? refused(
          'source_bad',
          `Nobody who answers holds ${shortDigest(digest)} of ${record.model} any more.${candidates(expected)}`,
        )
      : refused(
          'source_bad',
          `${shortDigest(digest)} of ${record.model} is not sound: ${found.detail}. It is never sent.`,
        );
  }
  // The time that it had when it was promoted, so that no daemon takes it for new.
  const { mtimeS } = lines.find((line) => line.digest === digest) ?? copy;
  return { digest, bytes: copy.bytes, mtimeS, from: copy.node, by: pinnedBy(by) };
}

function candidates({ copies = [] }: Expected): string {
  const lines = candidateLines(copies).slice(0, 5);
  return lines.length === 0 ? '' : ` There are: ${lines.join(' · ')}.`;
}
