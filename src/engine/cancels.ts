import type { Ledger } from '../contract/ledger.ts';
import type { PersonId, ReceiptId } from '../domain/names.ts';

/** Executions of this worker that people may end early. */
export type Cancels = {
  /** A signal that aborts, with a `Cancelled`, when somebody wants this execution to end. Call `forget` when it has ended. */
  signalFor(receipt: ReceiptId): AbortSignal;
  forget(receipt: ReceiptId): void;
};

/** Why an execution was ended early: a person's wish. */
export type Cancelled = { readonly cancelledBy: PersonId };

/** Reads wishes to cancel off the ledger from now on, until `signal` aborts. */
export function followCancels(
  ledger: Pick<Ledger, 'follow'>,
  signal: AbortSignal,
): Cancels & { readonly ended: Promise<void> } {
  const running = new Map<ReceiptId, AbortController>();
  const ended = ledger.follow({
    cursor: '$',
    signal,
    onEntry({ event }) {
      if (event.kind !== 'cancel_requested') return;
      const reason: Cancelled = { cancelledBy: event.by };
      running.get(event.receipt)?.abort(reason);
    },
  });
  return {
    ended,
    signalFor(receipt) {
      const controller = new AbortController();
      running.set(receipt, controller);
      return controller.signal;
    },
    forget: (receipt) => void running.delete(receipt),
  };
}

/** Who wanted the end of what this signal stops; undefined when the worker itself stops. */
export function cancelledBy({ reason }: AbortSignal): PersonId | undefined {
  return typeof reason === 'object' &&
    reason !== null &&
    'cancelledBy' in reason &&
    typeof reason.cancelledBy === 'string'
    ? reason.cancelledBy
    : undefined;
}

/** Why nothing more is begun, in words. */
export function whyStopped(signal: AbortSignal): string {
  const by = cancelledBy(signal);
  return by === undefined ? 'the worker is stopping' : `cancelled by ${by}`;
}
