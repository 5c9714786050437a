import type { Change } from '../domain/caps.ts';

/** Remembers which node was changed when, for the caps. */
export type Changes = {
  /** Durable when it resolves; written before the change. */
  note(change: Change): Promise<void>;
  /** Changes of the last hour. */
  lately(nowMs: number): Promise<readonly Change[]>;
};
