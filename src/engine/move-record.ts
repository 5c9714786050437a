import type { Records } from '../contract/records.ts';
import { shortDigest } from '../domain/digest.ts';
import { type Expected, expectedWith, recordWith } from '../domain/expected.ts';
import type { ModelName } from '../domain/names.ts';
import type { Plan, Step } from '../domain/plan.ts';

type RecordStep = Extract<Step, { kind: 'record' }>;

const TRIES = 5;

/** Makes the step's digest the current one; a text says why it was not done. May be repeated. */
export async function moveRecord(
  records: Records,
  { model, from, to }: RecordStep,
  now: Date,
): Promise<string | undefined> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const before = await records.get(model);
    const current = before.current?.digest ?? null;
    if (current !== from) {
      if (current === to.digest && before.current?.by === to.by) return undefined;
      return `the record of ${model} has moved to ${current === null ? 'nothing' : shortDigest(current)} since the plan was made`;
    }
    if (await records.replace(before, recordWith(before, to, now.toISOString()))) return undefined;
  }
  return `the record of ${model} changed ${TRIES} times meanwhile`;
}

/** Makes what was current before the step current again; a text says why it was not done. May be repeated. */
export async function moveRecordBack(records: Records, { model, from, to }: RecordStep): Promise<string | undefined> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const moved = await records.get(model);
    const [newest = null, ...older] = moved.earlier;
    const isMoved = moved.current?.digest === to.digest && moved.current.by === to.by;
    if (!isMoved)
      return (moved.current?.digest ?? null) === from ? undefined : `the record of ${model} was moved by somebody else`;
    if (from !== null && newest?.digest !== from) return `the record of ${model} does not say what was before`;
    const before = from === null ? { ...moved, current: null } : { ...moved, current: newest, earlier: older };
    if (await records.replace(moved, before)) return undefined;
  }
  return `the record of ${model} changed ${TRIES} times meanwhile`;
}

/** What is expected once a plan's steps have moved the record. */
export function expectedAfter(
  { targets }: Plan,
  expected: ReadonlyMap<ModelName, Expected>,
): ReadonlyMap<ModelName, Expected> {
  const after = new Map(expected);
  for (const { node, steps } of targets) {
    for (const step of steps) {
      const before = after.get(step.kind === 'record' ? step.model : '');
      if (step.kind === 'record' && before !== undefined) after.set(step.model, expectedWith(before, step.to, node));
    }
  }
  return after;
}
