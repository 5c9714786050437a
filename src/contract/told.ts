import type { IncidentId } from '../domain/names.ts';

/**
 * What is known of one message of a thread. `posting` is written before the first try, so that after a crash or a lost answer one looks
 * into the channel before trying again.
 */
export type Told = {
  readonly state: 'posting' | 'told';
  readonly channel: string;
  /** Slack's id of the message; empty while `posting`. */
  readonly ts: string;
  /** Digest of the content that was posted or edited last. */
  readonly hash: string;
  /** When the first try began, milliseconds since the epoch. */
  readonly sinceMs: number;
};

/** Remembers which messages of which incident exist in Slack; durable when a promise resolves. */
export type ToldStore = {
  /** By message key; empty when nothing was told yet. */
  get(incident: IncidentId): Promise<Readonly<Record<string, Told>>>;
  set(incident: IncidentId, key: string, told: Told): Promise<void>;
  /** The incident whose root or reply this message is; `ts` may be that of the root of a thread. */
  incidentOf(channel: string, ts: string): Promise<IncidentId | undefined>;
};

/** Says which deliveries were seen before; true exactly once within `seconds` for one key. */
export type SeenStore = { firstTime(key: string, seconds: number): Promise<boolean> };
