import { ActionExit } from '../contract/action.ts';
import type { Step, TransferStep } from '../domain/plan.ts';
import { awaitArrival } from './await-arrival.ts';
import { bring } from './bring-file.ts';
import { act, discard, type Hands, type StepResult } from './hands.ts';
import type { Early } from './kit.ts';
import { moveRecord, moveRecordBack } from './move-record.ts';

/** Runs one step of the plan. Every step is written into the ledger before it begins and after it ended. */
export async function runStep(hands: Hands, step: Step): Promise<StepResult> {
  if (step.kind !== 'transfer') return told(hands, step, { undo: false }, () => doing(hands, step));
  const early = hands.execution.ahead.take(hands.node.name, step.id);
  const temporary = early?.temporary ?? hands.kit.newTemporary();
  return told(hands, step, { undo: false, temporary }, () => transfer(hands, step, { temporary, early }));
}

function doing(hands: Hands, step: Exclude<Step, TransferStep>): Promise<StepResult> {
  switch (step.kind) {
    case 'run':
      return act(hands, step.argv, step.timeoutMs);
    case 'record':
      return noted(moveRecord(hands.kit.records, step, hands.kit.now()));
    case 'await':
      return awaitArrival(hands, step);
    case 'trust':
      return noted(trustHost(hands, step));
  }
}

/** Takes one step back. */
export async function undoStep(hands: Hands, step: Step): Promise<StepResult> {
  const { undo } = step;
  if (undo.kind === 'none') return { kind: 'failed', detail: `there is no way back: ${undo.because}` };
  return told(hands, step, { undo: true }, async () => {
    if (undo.kind === 'run') return act(hands, undo.argv, step.timeoutMs);
    if (step.kind !== 'record') return { kind: 'failed', detail: 'only a step that moved the record is taken back so' };
    return noted(moveRecordBack(hands.kit.records, step));
  });
}

/** Another machine answers to this name: what is remembered of the one before goes with its key. */
async function trustHost(
  { kit, execution, node }: Hands,
  step: Extract<Step, { kind: 'trust' }>,
): Promise<string | undefined> {
  const { key, withdrawn } = step;
  const trouble = await kit.hostKeys.trust(node, { key, withdrawn, receipt: execution.receipt });
  if (trouble === undefined) await kit.digests.forget(node.name);
  return trouble;
}

/** How a change of the worker's own memory ended. */
async function noted(moving: Promise<string | undefined>): Promise<StepResult> {
  const trouble = await moving;
  return trouble === undefined ? { kind: 'done', detail: '' } : { kind: 'failed', detail: trouble };
}

async function told(
  hands: Hands,
  step: Step,
  how: { readonly undo: boolean; readonly temporary?: string },
  change: () => Promise<StepResult>,
): Promise<StepResult> {
  const { kit, execution, node } = hands;
  const common = { receipt: execution.receipt, node: node.name, step: step.id, undo: how.undo };
  const temporary = how.temporary === undefined ? {} : { temporary: how.temporary };
  await kit.ledger.append(execution.incident, { kind: 'step_started', ...common, title: step.title, ...temporary });
  const startedMs = kit.now().getTime();
  const result = await kit.spans.within(
    {
      name: `${how.undo ? 'undo' : 'step'} ${step.kind}`,
      facts: { 'medic.node': node.name, 'medic.step': step.id },
      outcome: ({ kind }) => (kind === 'done' ? {} : { 'error.type': kind }),
    },
    change,
  );
  const ms = Math.max(0, kit.now().getTime() - startedMs);
  // A step that nobody saw end gets no end here either: that is what `lost` means to whoever reads the ledger.
  if (result.kind !== 'lost')
    await kit.ledger.append(execution.incident, {
      kind: 'step_ended',
      ...common,
      ok: result.kind === 'done',
      detail: result.detail,
      ms,
    });
  return result;
}

/** Where a step's file comes in, and what has come there ahead of its turn. */
type Arriving = { readonly temporary: string; readonly early: Early | undefined };

/** Brings the file under its temporary name, unless it is there already, then puts it in its place. */
async function transfer(hands: Hands, step: TransferStep, arriving: Arriving): Promise<StepResult> {
  try {
    return await arriveAndPlace(hands, step, arriving);
  } finally {
    hands.execution.relays.ended(hands.node.name, step.model);
  }
}

async function arriveAndPlace(hands: Hands, step: TransferStep, { temporary, early }: Arriving): Promise<StepResult> {
  const came = await early?.came;
  if (came?.whole !== true) return bringAndPlace(hands, step, temporary);
  const placed = await place(hands, step, temporary, came.detail);
  // What came ahead lay there for a while: that it was altered or taken away says nothing about the node's files.
  if (placed.kind !== 'failed' || placed.code !== ActionExit.notArrived) return placed;
  const again = await bringAndPlace(hands, step, temporary);
  return { ...again, detail: `${again.detail}; what had come ahead of its turn was gone or altered` };
}

async function bringAndPlace(hands: Hands, step: TransferStep, temporary: string): Promise<StepResult> {
  const { whole, detail } = await bring(hands, step, temporary);
  return whole
    ? place(hands, step, temporary, detail)
    : withoutPartial(hands, step, temporary, { kind: 'failed', detail });
}

async function place(hands: Hands, step: TransferStep, temporary: string, how: string): Promise<StepResult> {
  const placed = await act(hands, hands.kit.argvs.placeModel(step, temporary), step.timeoutMs);
  if (placed.kind === 'done') return { kind: 'done', detail: how };
  return placed.kind === 'failed' ? withoutPartial(hands, step, temporary, placed) : placed;
}

async function withoutPartial(
  hands: Hands,
  step: TransferStep,
  temporary: string,
  result: StepResult,
): Promise<StepResult> {
  return (await discard(hands, step, temporary))
    ? result
    : { ...result, detail: `${result.detail}; the partial file ${temporary} is left in the models folder` };
}
