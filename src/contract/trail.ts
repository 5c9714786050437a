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
  /** Which of these rows stand in their own streams too, in the same order. */
  inTheirStreams(rows: readonly TrailRow[]): Promise<readonly boolean[]>;
  /** Judges rows in the order in which it is given them. */
  judge(): (row: TrailRow) => Distrust | undefined;
  sealed(seal: Seal, signature: string): boolean;
};

/** The trail that is kept in a file: only ever appended to, so that it survives a Redis that forgets. */
export type KeptTrail = {
  /** Read piece by piece as they are asked for; undefined: none is kept. */
  lines(): AsyncIterable<string> | undefined;
  /** The last lines, from the last seal on at least; all where there is no seal. */
  tail(): Promise<readonly string[]>;
  /** On disk (fsynced) when it resolves. */
  append(lines: readonly string[]): Promise<void>;
};
