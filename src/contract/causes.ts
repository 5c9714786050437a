import type { IncidentId, ReceiptId } from '../domain/names.ts';

/** Which incident a cause has, and how often it was told; durable when a promise resolves. */
export type Causes = {
  /** The incident that a cause had last. */
  incidentOf(cause: string): Promise<IncidentId | undefined>;
  /** Gives a cause its incident. */
  set(cause: string, incident: IncidentId): Promise<void>;
  /** Counts one delivery; the same content within an hour is a sender that tries again and counts once. Gives the count so far. */
  seen(incident: IncidentId, delivery: string): Promise<number>;
  /** Remembers for a week that this receipt had to cure this; `key` names the repair and the finding. */
  repaired(key: string, receipt: ReceiptId, atMs: number): Promise<void>;
  /** Receipts that cured this since `sinceMs` (epoch milliseconds), oldest first. */
  repairs(key: string, sinceMs: number): Promise<readonly { readonly receipt: ReceiptId; readonly atMs: number }[]>;
  /** Counts that have grown since they were taken last. */
  takeGrown(): Promise<readonly { readonly incident: IncidentId; readonly times: number }[]>;
};
