import type { SourceLook, SourceSeen } from '../../src/contract/job.ts';
import { type Checkpoint, checkpointFault } from '../../src/domain/checkpoint.ts';
import { Fault } from '../../src/domain/fault.ts';
import { beingWritten, type Writing } from '../../src/facts/being-written.ts';
import { checkpointGate } from '../../src/facts/checkpoint-gate.ts';
import { type FileDigest, fileDigests } from '../../src/facts/file-digest.ts';
import { type Delivered, ledgerChecksums } from '../../src/facts/ledger-checksums.ts';
import { type Sidecar, sidecars } from '../../src/facts/sidecars.ts';
import { entryOf } from '../../src/facts/survey.ts';
import { entryWords } from './alias-fault.ts';
import { flightWords } from './in-flight.ts';
import { surveyOf } from './survey-of.ts';

/** What the coordinator holds for each model now: digest of the bytes, whether the checkpoint is sound and fits the name. */
export const sourceLook: SourceLook = async ({ node, models, read, ledger }) => {
  const survey = await surveyOf({ node, models, read });
  const { folder } = survey;
  if (folder === null)
    return new Map(
      models.map(({ name }) => [name, { kind: 'bad', node: node.name, detail: 'its models folder is missing' }]),
    );
  const files = models.map(({ canonical }) => canonical).filter((name) => entryOf(survey, name).kind === 'file');
  const none = files.length === 0;
  const asked = models
    .map(({ canonical }) => canonical)
    .filter((name) => ['file', 'absent'].includes(entryOf(survey, name).kind));
  // Beside the reading of the files, so that the second of the two looks costs nothing.
  const [writings, digests, asides, sent] = await Promise.all([
    asked.length === 0 ? new Map<string, Writing>() : read(beingWritten(folder.path, folder.id, asked)),
    none ? new Map<string, FileDigest | 'changed'>() : read(fileDigests(folder.path, folder.id, files)),
    none ? new Map<string, Sidecar>() : read(sidecars(folder.path, folder.id, files)),
    none || ledger === null || node.root === null
      ? new Map<string, Delivered>()
      : deliveredFrom(read(ledgerChecksums(node.root, ledger, files))),
  ]);
  const tested = none ? new Map<string, Checkpoint>() : await read(checkpointGate(folder.path, folder.id, files));
  return new Map(
    models.map(({ name, canonical }): [string, SourceSeen] => {
      const entry = entryOf(survey, canonical);
      const writing = writings.get(canonical) ?? 'still';
      if (writing !== 'still')
        return [name, { kind: 'in_flight', node: node.name, detail: flightWords(writing, canonical) }];
      if (entry.kind === 'absent') return [name, { kind: 'absent', node: node.name }];
      if (entry.kind !== 'file')
        return [name, { kind: 'bad', node: node.name, detail: `${canonical} is no file: ${entryWords(entry)}` }];
      const seen = fileSeen(node.name, name, entry, digests.get(canonical), tested.get(canonical));
      const sidecar = asides.get(canonical);
      const delivered = sent.get(canonical);
      if (seen.kind !== 'file') return [name, seen];
      return [
        name,
        { ...seen, ...(sidecar === undefined ? {} : { sidecar }), ...(delivered === undefined ? {} : { delivered }) },
      ];
    }),
  );
};

/** A ledger that cannot be read disputes nothing. */
async function deliveredFrom(asked: Promise<ReadonlyMap<string, Delivered>>): Promise<ReadonlyMap<string, Delivered>> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Fault) return new Map();
    throw error;
  }
}

function fileSeen(
  node: string,
  model: string,
  { size, mtimeNs, inode }: { readonly size: number; readonly mtimeNs: string; readonly inode: string },
  read: FileDigest | 'changed' | undefined,
  checkpoint: Checkpoint | undefined,
): SourceSeen {
  if (read === undefined || checkpoint === undefined) throw new Error(`${model} was not looked at`);
  if (read === 'changed' || read.token !== `file:${inode}:${size}:${mtimeNs}`) {
    return { kind: 'in_flight', node, detail: 'the file changed while it was read' };
  }
  const fault = checkpointFault(checkpoint, model);
  return {
    kind: 'file',
    digest: read.digest,
    bytes: size,
    mtimeS: Math.max(0, Number(mtimeNs.slice(0, -9))),
    ...(fault === undefined ? {} : { fault: fault.code }),
    read: checkpoint.read,
    detail: fault === undefined ? checkpoint.detail : `${fault.code}: ${fault.words}`,
  };
}
