import type { EventOf } from './entry.ts';
import type { Instant, PersonId, ReceiptId, RequestId } from './names.ts';
import type { PlanHash } from './plan.ts';
import type { Receipt, TargetResult } from './receipt.ts';
import type { TrailMark } from './trail.ts';
import { withoutKind } from './without-kind.ts';

/** A running or finished execution as the entries tell it. */
export type Execution = {
  readonly receipt: ReceiptId;
  readonly request: RequestId;
  readonly plan: PlanHash;
  readonly startedAt: Instant;
  readonly results: readonly TargetResult[];
  /** Steps begun and not ended: after a crash these are lost. */
  readonly begun: ReadonlyMap<string, EventOf<'step_started'>>;
  /** Bytes that came, or come, ahead of their node's turn and that no step has taken yet; `whole`: all are there. */
  readonly ahead: ReadonlyMap<string, Omit<EventOf<'ahead_started'>, 'kind'> & { readonly whole: boolean }>;
  /** How far the transfer is that runs on a node. */
  readonly progress: ReadonlyMap<string, EventOf<'progress'>>;
  /** Nodes on which a step was begun, ended or not. */
  readonly touched: ReadonlySet<string>;
  /** The first person who wanted it to end early. */
  readonly cancelledBy?: PersonId;
  readonly finished?: Receipt;
  /** Where the kept trail stood when it had taken the receipt over. */
  readonly sealed?: TrailMark;
};

/** What happens to an execution once it has begun. */
export type ExecutionEvent = EventOf<
  | 'step_started'
  | 'step_ended'
  | 'ahead_started'
  | 'ahead_ended'
  | 'target_ended'
  | 'progress'
  | 'cancel_requested'
  | 'executed'
  | 'sealed'
>;

/** An execution as it begins. */
export function executionFrom(event: EventOf<'execution_started'>, at: Instant): Execution {
  return {
    ...withoutKind(event),
    startedAt: at,
    results: [],
    begun: new Map(),
    ahead: new Map(),
    progress: new Map(),
    touched: new Set(),
  };
}

/** An execution after one more of its events. */
export function executionAfter(execution: Execution, event: ExecutionEvent): Execution {
  switch (event.kind) {
    case 'step_started':
      return {
        ...execution,
        begun: new Map(execution.begun).set(stepKey(event), event),
        ahead: new Map([...execution.ahead].filter(([key]) => key !== aheadKey(event))),
        touched: new Set(execution.touched).add(event.node),
        progress: new Map([...execution.progress].filter(([node]) => node !== event.node)),
      };
    case 'step_ended': {
      const begun = new Map(execution.begun);
      begun.delete(stepKey(event));
      return { ...execution, begun };
    }
    case 'ahead_started': {
      const bytes = { ...withoutKind(event), whole: false };
      return { ...execution, ahead: new Map(execution.ahead).set(aheadKey(event), bytes) };
    }
    case 'ahead_ended': {
      const begun = execution.ahead.get(aheadKey(event));
      if (begun === undefined) return execution;
      return { ...execution, ahead: new Map(execution.ahead).set(aheadKey(event), { ...begun, whole: event.ok }) };
    }
    case 'target_ended':
      return {
        ...execution,
        results: [...execution.results.filter(({ node }) => node !== event.result.node), event.result],
      };
    case 'progress':
      return { ...execution, progress: new Map(execution.progress).set(event.node, event) };
    case 'cancel_requested':
      return { cancelledBy: event.by, ...execution };
    case 'executed':
      return { ...execution, finished: event.receipt, results: event.receipt.targets };
    case 'sealed':
      return { ...execution, sealed: event.mark };
  }
}

function stepKey({ node, step, undo }: { node: string; step: string; undo: boolean }): string {
  return `${node} ${step} ${undo ? 'undo' : 'do'}`;
}

function aheadKey({ node, step }: { node: string; step: string }): string {
  return `${node} ${step}`;
}
