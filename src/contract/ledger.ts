import type { Sha256 } from '../domain/digest.ts';
import type { Entry, Event, SetAside } from '../domain/entry.ts';
import type { IncidentId, ReceiptId, RequestId } from '../domain/names.ts';
import type { PlanHash } from '../domain/plan.ts';

/** The append-only memory that both processes share: one stream an incident, and one that holds all of them in order. */
export type Ledger = {
  /** Durable when it resolves. With `once`, only the first append under that key happens; later ones give undefined. */
  append(incident: IncidentId, event: Event, options?: { readonly once?: string }): Promise<Entry | undefined>;
  /** All entries of one incident that were signed by who writes such entries, oldest first; empty when there is none. */
  entries(incident: IncidentId): Promise<readonly Entry[]>;
  /** What stands in an incident's stream and counts for nothing, because no one who writes such entries has signed it. */
  setAside(incident: IncidentId): Promise<readonly SetAside[]>;
  /** Calls `onEntry` for every entry of every incident after `cursor` (undefined: from the beginning; '$': only new ones), in order, until aborted. */
  follow(options: {
    readonly cursor: string | undefined;
    readonly signal: AbortSignal;
    readonly onEntry: (entry: Entry, cursor: string) => Promise<void> | void;
  }): Promise<void>;
  /** Newest first. */
  recent(limit: number): Promise<IncidentId[]>;
  /** Incidents whose wait ended before `nowMs` and about which nothing was decided yet. */
  waiting(nowMs: number): Promise<IncidentId[]>;
  /** How many incidents were raised since `atMs`. */
  raisedSince(atMs: number): Promise<number>;
  /** Streams that hold an alert or a finding, so are incidents and not only looks; newest first. */
  incidents(limit: number): Promise<IncidentId[]>;
  /** Incidents that hold a prompt which has not ended. */
  pending(): Promise<IncidentId[]>;
  /** Incidents with an execution that began and has no receipt yet. */
  unfinished(): Promise<IncidentId[]>;
  ofRequest(request: RequestId): Promise<IncidentId | undefined>;
  ofReceipt(receipt: ReceiptId): Promise<IncidentId | undefined>;
  /** Plans whose hash begins with `prefix`, newest first. */
  ofPlan(prefix: string): Promise<readonly { readonly hash: PlanHash; readonly incident: IncidentId }[]>;
  /** The last plans of this likeness (see `likenessOf`), newest first, at most 20. */
  ofLikeness(likeness: Sha256): Promise<readonly { readonly hash: PlanHash; readonly incident: IncidentId }[]>;
};
