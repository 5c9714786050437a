import type { Ledger } from '../contract/ledger.ts';
import type { Entry, Event } from '../domain/entry.ts';
import type { IncidentId } from '../domain/names.ts';

const POLL_MS = 40;

/** Waits until the incident has an entry that `enough` accepts, and gives all entries then; `onEntry` sees each one once. */
export async function awaitEvent(options: {
  readonly ledger: Ledger;
  readonly incident: IncidentId;
  readonly since: number;
  readonly enough: (event: Event) => boolean;
  readonly onEntry: (entry: Entry) => void;
  readonly signal: AbortSignal;
}): Promise<readonly Entry[]> {
  const { ledger, incident, enough, onEntry, signal } = options;
  let seen = options.since;
  while (!signal.aborted) {
    const entries = await ledger.entries(incident);
    const fresh = entries.slice(seen);
    seen = entries.length;
    for (const entry of fresh) onEntry(entry);
    if (fresh.some(({ event }) => enough(event))) return entries;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error('interrupted');
}
