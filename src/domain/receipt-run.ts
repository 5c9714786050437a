import type { Entry } from './entry.ts';
import type { Instant, NodeName, ReceiptId } from './names.ts';
import { outcomeOf, type Receipt } from './receipt.ts';
import type { TrailMark } from './trail.ts';
import { duration } from './wording.ts';

/** One step as it ran on a node, or was taken back; without an end nobody saw how it ended. */
export type StepRun = {
  readonly step: string;
  readonly title: string;
  readonly undo: boolean;
  readonly startedAt: Instant;
  readonly endedAt?: Instant;
  readonly ok?: boolean;
  /** By which ways a file came or did not, or what went wrong. */
  readonly detail?: string;
  readonly ms?: number;
};

/** What was done on one node, from its lease to its verdict. Without times nobody was there to see them. */
export type NodeRun = {
  readonly startedAt?: Instant;
  readonly endedAt?: Instant;
  readonly steps: readonly StepRun[];
};

/** What ran under a receipt, node by node, as its incident's entries tell it. */
export function runOf(entries: readonly Entry[], receipt: ReceiptId): ReadonlyMap<NodeName, NodeRun> {
  const runs = new Map<NodeName, NodeRun>();
  const of = (node: NodeName): NodeRun => runs.get(node) ?? { steps: [] };
  for (const { at, event } of entries) {
    if (!('receipt' in event) || event.receipt !== receipt) continue;
    if (event.kind === 'step_started') {
      const { node, step, title, undo } = event;
      const run = of(node);
      const steps = [...run.steps, { step, title, undo, startedAt: at }];
      runs.set(node, { startedAt: at, ...run, steps });
    } else if (event.kind === 'step_ended') {
      const { node, step, undo, ok, detail, ms } = event;
      const ended = { endedAt: at, ok, ms, ...(detail === '' ? {} : { detail }) };
      const isIt = (one: StepRun) => one.step === step && one.undo === undo && one.endedAt === undefined;
      runs.set(node, {
        ...of(node),
        steps: of(node).steps.map((one) => (isIt(one) ? { ...one, ...ended } : one)),
      });
    } else if (event.kind === 'target_ended') {
      const { node, ms } = event.result;
      const startedAt = new Date(Date.parse(at) - ms).toISOString();
      runs.set(node, { ...of(node), startedAt, endedAt: at });
    }
  }
  return runs;
}

/** A receipt as programs read it: with what ran on each node, and how far the kept trail was when it held it. */
export function receiptJson(
  receipt: Receipt,
  { run, sealed }: { readonly run?: ReadonlyMap<NodeName, NodeRun>; readonly sealed?: TrailMark | undefined } = {},
): Record<string, unknown> {
  return {
    ...receipt,
    outcome: outcomeOf(receipt),
    targets: receipt.targets.map((target) => ({ ...target, ...run?.get(target.node) })),
    ...(sealed === undefined ? {} : { trail: sealed }),
  };
}

/** What ran on each node, step by step, with its times. */
export function runLines(receipt: Receipt, run: ReadonlyMap<NodeName, NodeRun>): string[] {
  return receipt.targets.flatMap(({ node }) => {
    const { startedAt, endedAt, steps } = run.get(node) ?? { steps: [] };
    if (startedAt === undefined) return [];
    const end = endedAt === undefined ? ' UTC; its end was not seen' : ` to ${timeOf(endedAt)} UTC`;
    return [`  ${node}  ${startedAt.slice(0, 10)} ${timeOf(startedAt)}${end}`, ...steps.map(stepLine)];
  });
}

function stepLine({ title, undo, startedAt, ok, detail, ms }: StepRun): string {
  const how = detail === undefined ? '' : `: ${detail}`;
  const end =
    ok === undefined ? 'nobody saw how it ended' : `${ok ? 'done' : 'failed'} after ${duration(ms ?? 0)}${how}`;
  return `    ${timeOf(startedAt)}  ${undo ? 'taking back: ' : ''}${title} · ${end}`;
}

function timeOf(at: Instant): string {
  return at.slice(11, 19);
}
