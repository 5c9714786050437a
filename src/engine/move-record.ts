import type { Records } from '../contract/records.ts';
import { shortDigest } from '../domain/digest.ts';
import { type Expected, expectedWith, type ModelCopy, recordWith } from '../domain/expected.ts';
import type { ModelName, NodeName } from '../domain/names.ts';
import { DERIVED, type Plan, type Step, type TransferStep } from '../domain/plan.ts';

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

/** What is expected once a plan's steps have moved the record; a file that the plan makes itself counts as there. */
export function expectedAfter(
  { targets }: Plan,
  expected: ReadonlyMap<ModelName, Expected>,
): ReadonlyMap<ModelName, Expected> {
  const after = new Map(expected);
  for (const { node, steps } of targets) {
    for (const step of steps) {
      const before = after.get('model' in step ? step.model : '');
      if (before === undefined) continue;
      if (step.kind === 'record') after.set(step.model, expectedWith(before, step.to, node));
      else if (step.kind === 'transfer' && step.sourcePath?.startsWith(DERIVED) === true)
        after.set(step.model, { ...before, copies: [...(before.copies ?? []), derivedBy(step, node)] });
    }
  }
  return after;
}

function derivedBy({ model, file, digest, bytes, mtimeS }: TransferStep, node: NodeName): ModelCopy {
  return { model, node, path: file, digest, bytes, mtimeS, sound: true, detail: 'made by the plan' };
}
