import type { SourceLook, SourceSeen } from '../contract/job.ts';
import type { Records } from '../contract/records.ts';
import type { Sessions } from '../contract/sessions.ts';
import { shortDigest } from '../domain/digest.ts';
import {
  decidedAtMs,
  type Expected,
  type ModelRecord,
  type RecordedDigest,
  type SourceState,
} from '../domain/expected.ts';
import { Fault } from '../domain/fault.ts';
import type { Model } from '../domain/model.ts';
import type { ModelName } from '../domain/names.ts';
import type { Node } from '../domain/node.ts';
import { createReader } from './reader.ts';

/** Looks at the source once and joins what it holds with the record: what each model should be, and whether it can be copied now. */
export async function expectedNow(options: {
  readonly models: readonly Model[];
  readonly coordinator: Node;
  readonly sessions: Sessions;
  readonly sourceLook: SourceLook;
  readonly ledger: string | null;
  readonly records: Records;
  readonly now: Date;
}): Promise<ReadonlyMap<ModelName, Expected>> {
  const { models, coordinator, records, now } = options;
  const seen = await lookAtSource(options);
  const pairs = await Promise.all(
    models.map(async ({ name }) => {
      const held = seen.get(name) ?? {
        kind: 'unknown',
        node: coordinator.name,
        detail: 'the coordinator was not asked for it',
      };
      return [name, await joined(records, name, held, coordinator, now)] as const;
    }),
  );
  return new Map(pairs);
}

async function lookAtSource({
  models,
  coordinator,
  sessions,
  sourceLook,
  ledger,
}: Parameters<typeof expectedNow>[0]): Promise<ReadonlyMap<ModelName, SourceSeen>> {
  try {
    return await sourceLook({ node: coordinator, models, read: createReader(sessions, coordinator), ledger });
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const unknown: SourceSeen = {
      kind: 'unknown',
      node: coordinator.name,
      detail: `${error.reason}: ${error.message}`,
    };
    return new Map(models.map(({ name }) => [name, unknown]));
  }
}

async function joined(
  records: Records,
  model: ModelName,
  seen: SourceSeen,
  coordinator: Node,
  now: Date,
): Promise<Expected> {
  // Another worker may write the record at the same moment: then read what it wrote and judge again.
  for (let tries = 0; tries < 5; tries += 1) {
    const before = await records.get(model);
    const { record, source } = recordAfter(before, seen, coordinator, now);
    if (record === before || (await records.replace(before, record))) return { record, source };
  }
  throw new Error(`the record of ${model} changed five times while it was judged`);
}

/**
 * Why two things that are to be trusted disagree: a sidecar or a delivery that is newer than the file, or a digest that had been replaced and is back.
 * What an approved plan decided since settles it.
 */
function disputeOf({ current, earlier }: ModelRecord, seen: Extract<SourceSeen, { kind: 'file' }>): string | undefined {
  const { sidecar, delivered, digest, mtimeS } = seen;
  const settledS = (current === null ? undefined : decidedAtMs(current)) ?? 0;
  if (
    sidecar !== undefined &&
    sidecar.digest !== digest &&
    sidecar.mtimeS > mtimeS &&
    sidecar.mtimeS * 1_000 > settledS
  )
    return `its .sha256 file is newer than the file and says ${shortDigest(sidecar.digest)}, the file has ${shortDigest(digest)}`;
  const known = [current, ...earlier].some((line) => line?.digest === delivered?.digest);
  // What was promoted before is what a daemon with an old cache of checksums still says.
  if (
    delivered !== undefined &&
    delivered.digest !== digest &&
    !known &&
    delivered.atS > mtimeS &&
    delivered.atS * 1_000 > settledS
  )
    return `the daemon's delivery ledger says since the file's last change that it sent ${shortDigest(delivered.digest)}, the file has ${shortDigest(digest)}`;
  if (current === null || current.provisional || current.digest === digest) return undefined;
  const before = earlier.find((line) => line.digest === digest);
  return before === undefined
    ? undefined
    : `the coordinator holds the earlier model ${shortDigest(digest)} again, the record says ${shortDigest(current.digest)}`;
}

/**
 * What the record becomes after one look at the source, and what the source is worth. A new digest becomes current when it was seen
 * twice, in a sound checkpoint; before there is a firm record one look serves and is provisional.
 */
export function recordAfter(
  record: ModelRecord,
  seen: SourceSeen,
  coordinator: Node,
  now: Date,
): { record: ModelRecord; source: SourceState } {
  const node = coordinator.name;
  if (seen.kind !== 'file') return { record, source: seen };
  if (seen.fault !== undefined) return { record, source: { kind: 'bad', node, detail: seen.detail, code: seen.fault } };
  const dispute = disputeOf(record, seen);
  if (dispute !== undefined) return { record, source: { kind: 'disputed', node, detail: dispute } };
  // A file that nobody could read may be code: it is compared with, and never sent.
  const good: SourceState = seen.read ? { kind: 'good', node } : { kind: 'unknown', node, detail: seen.detail };
  const { current, candidate } = record;
  const fresh: RecordedDigest = {
    digest: seen.digest,
    bytes: seen.bytes,
    mtimeS: seen.mtimeS,
    since: now.toISOString(),
    from: node,
    by: 'seen on the coordinator',
    provisional: true,
  };
  if (current === null) return { record: { ...record, current: fresh }, source: good };
  if (current.digest === seen.digest) {
    if (!current.provisional && candidate === null) return { record, source: good };
    return { record: { ...record, current: { ...current, provisional: false }, candidate: null }, source: good };
  }
  if (current.mtimeS === seen.mtimeS && current.bytes === seen.bytes) {
    return {
      record,
      source: {
        kind: 'bad',
        node,
        detail: `same size and time as ${shortDigest(current.digest)}, other bytes (${shortDigest(seen.digest)})`,
      },
    };
  }
  if (current.provisional)
    return { record: { ...record, current: fresh, earlier: [current, ...record.earlier] }, source: good };
  if (candidate?.digest === seen.digest) {
    return {
      record: {
        ...record,
        current: { ...fresh, provisional: false },
        candidate: null,
        earlier: [current, ...record.earlier],
      },
      source: good,
    };
  }
  const detail = `the coordinator holds ${shortDigest(seen.digest)} since its last change, the record says ${shortDigest(current.digest)}; it becomes current when the next look sees the same`;
  return { record: { ...record, candidate: fresh }, source: { kind: 'bad', node, detail } };
}
