import type { Distrust } from '../domain/distrust.ts';
import type { Seal, TrailRow } from '../domain/trail.ts';

/** All entries and all orders as they are stored, whoever wrote them. */
export type Trail = {
  /** At most `limit` rows after this place, oldest first. */
  after(source: 'entries' | 'orders', cursor: string, limit: number): Promise<readonly TrailRow[]>;
  /** The newest rows since `atMs`, at most `limit` of each, in the order of their times. */
  since(atMs: number, limit: number): Promise<readonly TrailRow[]>;
  /** Whether so many were written that Redis has begun to drop the oldest entries. */
  trimmed(): Promise<boolean>;
  /** Which rows stand in an incident's own stream, by their ids. */
  idsIn(incident: string): Promise<readonly string[]>;
  /** Judges rows in the order in which it is given them. */
  judge(): (row: TrailRow) => Distrust | undefined;
  sealed(seal: Seal, signature: string): boolean;
};

/** The trail that is kept in a file: only ever appended to, so that it survives a Redis that forgets. */
export type KeptTrail = {
  /** Undefined: none is kept. */
  lines(): Promise<readonly string[] | undefined>;
  /** The last lines, from the last seal on at least; all where there is no seal. */
  tail(): Promise<readonly string[]>;
  /** On disk (fsynced) when it resolves. */
  append(lines: readonly string[]): Promise<void>;
};
