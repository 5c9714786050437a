import { z } from 'zod';
import { Sha256 } from './digest.ts';
import { Instant, ModelName, NodeName } from './names.ts';

/** What digest a model should have, since when and why: a line of the record. */
export const RecordedDigest = z.strictObject({
  digest: Sha256,
  bytes: z.int().min(0),
  mtimeS: z.int().min(0),
  since: Instant,
  from: NodeName,
  /** Who or what promoted it: `seen on the coordinator`, `pinned by …`. */
  by: z.string(),
  /** Seen only once so far: it serves, but the next look may change it. */
  provisional: z.boolean(),
});
export type RecordedDigest = z.infer<typeof RecordedDigest>;

/** The record of one model. `candidate`: seen once on the source beside a firm current digest; the next look decides. `earlier`: newest first. */
export const ModelRecord = z.strictObject({
  model: ModelName,
  current: RecordedDigest.nullable(),
  candidate: RecordedDigest.nullable(),
  earlier: z.array(RecordedDigest),
});
export type ModelRecord = z.infer<typeof ModelRecord>;

/** What the source holds for a model at this look. */
export const SourceState = z.discriminatedUnion('kind', [
  /** The coordinator's file is whole and has the current digest: it can be copied from there. */
  z.strictObject({ kind: z.literal('good'), node: NodeName }),
  /** The coordinator has no such file. */
  z.strictObject({ kind: z.literal('absent'), node: NodeName }),
  /** The coordinator's file is there but not what the record says, or not a whole container. */
  z.strictObject({ kind: z.literal('bad'), node: NodeName, detail: z.string() }),
  /** The coordinator's file is being written: what it will be is not known yet. */
  z.strictObject({ kind: z.literal('in_flight'), node: NodeName, detail: z.string() }),
  /** Nobody knows: the coordinator did not answer. */
  z.strictObject({ kind: z.literal('unknown'), node: NodeName, detail: z.string() }),
]);
export type SourceState = z.infer<typeof SourceState>;

/** What every check and repair may know about a model besides the node itself. */
export type Expected = { readonly record: ModelRecord; readonly source: SourceState };
