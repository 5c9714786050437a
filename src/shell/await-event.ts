import type { Ledger } from '../contract/ledger.ts';
import type { Entry } from '../domain/entry.ts';
import type { IncidentId } from '../domain/names.ts';

const POLL_MS = 40;

/** Waits until the entries of an incident are enough, and gives them; `onEntry` sees each one once. */
export async function awaitEvent(options: {
  readonly ledger: Ledger;
  readonly incident: IncidentId;
  readonly enough: (entries: readonly Entry[]) => boolean;
  readonly onEntry: (entry: Entry) => void;
  readonly signal: AbortSignal;
  /** After so long what there is has to do; absent: it is waited for. */
  readonly patienceMs?: number;
}): Promise<readonly Entry[]> {
  const { ledger, incident, enough, onEntry, signal, patienceMs = Number.POSITIVE_INFINITY } = options;
  const beganMs = performance.now();
  let seen = 0;
  while (!signal.aborted) {
    const entries = await ledger.entries(incident);
    const fresh = entries.slice(seen);
    seen = entries.length;
    for (const entry of fresh) onEntry(entry);
    if (fresh.length > 0 && enough(entries)) return entries;
    if (performance.now() - beganMs > patienceMs) return entries;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error('interrupted');
}
