import { z } from 'zod';
import { Sha256, shortDigest } from './digest.ts';
import { FindingCode } from './finding.ts';
import { Instant, type JobName, ModelName, NodeName } from './names.ts';

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
  /** The coordinator's file is there but not what the record says, or no sound checkpoint: `code` says in what way. */
  z.strictObject({ kind: z.literal('bad'), node: NodeName, detail: z.string(), code: FindingCode.optional() }),
  /** The coordinator's file is being written: what it will be is not known yet. */
  z.strictObject({ kind: z.literal('in_flight'), node: NodeName, detail: z.string() }),
  /** Two things that are to be trusted disagree about the right bytes: a person has to say which. */
  z.strictObject({ kind: z.literal('disputed'), node: NodeName, detail: z.string() }),
  /** Nobody knows: the coordinator did not answer. */
  z.strictObject({ kind: z.literal('unknown'), node: NodeName, detail: z.string() }),
]);
export type SourceState = z.infer<typeof SourceState>;

/** A file somewhere that holds a model's bytes: under the model's name, beside it as a backup, or in quarantine. */
export type ModelCopy = {
  readonly model: ModelName;
  readonly node: NodeName;
  /** Relative to the models folder, as `canonical_hex8_2p.pth` or `.medic/quarantine/r-…/canonical_hex8_2p.pth.kept`. */
  readonly path: string;
  readonly digest: Sha256;
  readonly bytes: number;
  readonly mtimeS: number;
  /** Nothing is wrong inside as far as it could be read, and its metadata fit the name. */
  readonly sound: boolean;
  readonly detail: string;
};

/** What every check and repair may know about a model besides the node itself. */
export type Expected = {
  readonly record: ModelRecord;
  readonly source: SourceState;
  /** Where its bytes lie, on the nodes that answered; looked up only where the source cannot give the recorded ones. */
  readonly copies?: readonly ModelCopy[];
};

/** The check that tells where copies lie; a look with it asks all nodes for them. */
export const COPIES_CHECK: JobName = 'model-copies';

const PINNED = 'pinned by ';
const SAVED = 'saved anew by torch ';

/** A line of the record as a person pins it, before it has a time. */
export const RecordLine = RecordedDigest.omit({ since: true, provisional: true });
export type RecordLine = z.infer<typeof RecordLine>;

/** Says in the record that a person decided. */
export function pinnedBy(person: string): string {
  return `${PINNED}${person}`;
}

/** Says in the record that the bytes were saved anew from others, with this version of torch. */
export function savedAnewBy(torch: string, from: Sha256): string {
  return `${SAVED}${torch} from ${shortDigest(from)}`;
}

/** When an approved plan decided on this line, milliseconds since the epoch; undefined: it was only seen. */
export function decidedAtMs({ by, since }: RecordedDigest): number | undefined {
  return by.startsWith(PINNED) || by.startsWith(SAVED) ? Date.parse(since) : undefined;
}

/** The record with another current digest; what was current is the newest of the earlier ones. */
export function recordWith(record: ModelRecord, line: RecordLine, since: Instant): ModelRecord {
  const { current, earlier } = record;
  return {
    ...record,
    current: { ...line, since, provisional: false },
    candidate: null,
    earlier: current === null ? earlier : [current, ...earlier],
  };
}

/** What is expected once this line is current and the coordinator holds its bytes; without a copy of them nothing can be sent. */
export function expectedWith(expected: Expected, line: RecordLine, coordinator: NodeName): Expected {
  const record = recordWith(expected.record, line, '1970-01-01T00:00:00.000Z');
  const held = expected.copies?.some(({ digest }) => digest === line.digest) === true;
  return { ...expected, record, source: { kind: held ? 'good' : 'absent', node: coordinator } };
}

/** The copy to bring the current bytes back from: a node that plays them before a backup or quarantine; undefined: nobody who answers has them. */
export function bestCopy({ record: { current }, copies = [] }: Expected): ModelCopy | undefined {
  const right = copies.filter(({ digest, sound }) => digest === current?.digest && sound);
  return right.find(({ path }) => !path.includes('/')) ?? right[0];
}

/** Whether a node holds these bytes for a model, as far as anybody looked. */
export function holds({ source, copies, record }: Expected, node: NodeName, digest: Sha256): boolean {
  if (source.kind === 'good' && source.node === node && record.current?.digest === digest) return true;
  return copies?.some((copy) => copy.node === node && copy.digest === digest) === true;
}
