import { z } from 'zod';
import { WantedState, wantedOf } from './entry-state.ts';
import type { Refusal } from './fault.ts';
import { ModelName, NodeName, ReceiptId } from './names.ts';
import { Argv, type Plan, Risk, type Target } from './plan.ts';
import { type Receipt, TargetOutcome } from './receipt.ts';

/** One step to take back: `redo` is what it ran, absent for a transfer. */
const Taken = z.strictObject({
  title: z.string(),
  timeoutMs: z.int(),
  redo: Argv.optional(),
  undo: Argv,
});

/** The params of the repair `rollback`: what a receipt changed on each node, and how it is taken back. */
export const RollbackParams = z.strictObject({
  receipt: ReceiptId,
  risk: Risk,
  /** Nodes on which the receipt changed something, with what the names were and became. */
  changed: z.record(
    NodeName,
    z.strictObject({
      models: z.array(ModelName),
      before: z.record(z.string(), WantedState),
      after: z.record(z.string(), WantedState),
      /** In the order in which they ran. */
      steps: z.array(Taken).min(1),
    }),
  ),
  /** Nodes of the receipt whose state nobody knows. */
  unsure: z.record(NodeName, TargetOutcome),
});
export type RollbackParams = z.infer<typeof RollbackParams>;

/** What taking back this receipt asks for, or why it cannot be. Pure: read off the plan that ran and its receipt. */
export function rollbackOf(
  plan: Plan,
  receipt: Receipt,
): { readonly ok: true; readonly params: RollbackParams } | { readonly ok: false; readonly refusal: Refusal } {
  const changed: RollbackParams['changed'] = {};
  const unsure: RollbackParams['unsure'] = {};
  for (const { node, outcome } of receipt.targets) {
    const target = plan.targets.find((one) => one.node === node);
    if (target === undefined) throw new Error(`${receipt.id} has no ${node} in its plan`);
    if (outcome === 'stuck' || outcome === 'lost') unsure[node] = outcome;
    if (outcome !== 'verified') continue;
    const part = partOf(target, receipt.id);
    if (typeof part === 'string') {
      return { ok: false, refusal: { code: 'no_way_back', text: `${node}: ${part}. Nothing was planned.` } };
    }
    changed[node] = part;
  }
  if (Object.keys(changed).length + Object.keys(unsure).length > 0)
    return { ok: true, params: { receipt: receipt.id, risk: plan.risk, changed, unsure } };
  const text = `${receipt.id} changed nothing that lasted, so there is nothing to take back.`;
  return { ok: false, refusal: { code: 'no_way_back', text } };
}

/** One node's part, with the receipt's id in the place of its token; a text says why there is no way back. */
function partOf({ models, before, after, steps }: Target, receipt: string): RollbackParams['changed'][string] | string {
  const bound = (argv: Argv): Argv => argv.map((word) => (word === '{receipt}' ? receipt : word));
  const was: Record<string, WantedState> = {};
  for (const [name, state] of Object.entries(before)) {
    const wanted = wantedOf(state);
    if (wanted === undefined) return `${name} was neither a file nor a link before`;
    was[name] = wanted;
  }
  const taken: z.infer<typeof Taken>[] = [];
  for (const { title, timeoutMs, undo, ...step } of steps) {
    if (undo.kind === 'none') return `there is no way back from “${title}”: ${undo.because}`;
    if (undo.kind === 'record') return `“${title}” is taken back by name: revert ${models.join(', ')} to previous`;
    const redo = step.kind === 'run' ? { redo: bound(step.argv) } : {};
    taken.push({ title, timeoutMs, undo: bound(undo.argv), ...redo });
  }
  return { models, before: was, after, steps: taken };
}
