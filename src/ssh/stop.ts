import type { ScriptRun } from '../contract/sessions.ts';

/** Why a script is ended from outside. */
export type StopReason = 'timeout' | 'cancelled' | 'too_much_output';

/** Watches the time and the caller's signal for one run; `clear` must be called when the run is over. */
export function whenToStop(run: Pick<ScriptRun, 'timeoutMs' | 'signal'>): {
  reason: Promise<StopReason>;
  clear: () => void;
} {
  let clear = (): void => undefined;
  const reason = new Promise<StopReason>((resolve) => {
    const timer = setTimeout(() => resolve('timeout'), run.timeoutMs);
    const onAbort = (): void => resolve('cancelled');
    if (run.signal?.aborted) onAbort();
    run.signal?.addEventListener('abort', onAbort, { once: true });
    clear = () => {
      clearTimeout(timer);
      run.signal?.removeEventListener('abort', onAbort);
    };
  });
  return { reason, clear };
}

/** The value, or null as soon as the signal is given; the promise itself goes on and its failure is not lost on anybody else. */
export async function unlessAborted<Value>(
  promise: Promise<Value>,
  signal: AbortSignal | undefined,
): Promise<Value | null> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => resolve(null);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
