import type { LookContext } from '../../src/contract/job.ts';
import { type Sha256, shortDigest } from '../../src/domain/digest.ts';
import { type EntryState, stateToken } from '../../src/domain/entry-state.ts';
import type { Expected, RecordedDigest } from '../../src/domain/expected.ts';
import { Fault } from '../../src/domain/fault.ts';
import { type Finding, finding } from '../../src/domain/finding.ts';
import { MODEL_BYTES_MIN, type Model } from '../../src/domain/model.ts';
import { fileDigests } from '../../src/facts/file-digest.ts';
import { entryOf } from '../../src/facts/survey.ts';
import type { Survey } from '../../src/facts/survey-answer.ts';
import { entryWords } from './alias-fault.ts';
import { expectedOf } from './survey-of.ts';

type FileState = Extract<EntryState, { kind: 'file' }>;

/** What is wrong with a canonical file as far as a survey can tell: missing or cut short. Nothing is said where nothing is recorded. */
export function presenceFault({ node, expected }: LookContext, model: Model, survey: Survey): Finding | undefined {
  const current = expectedOf({ expected }, model).record.current;
  const entry = entryOf(survey, model.canonical);
  const file = model.canonical;
  const evidence = [`lstat ${file}: ${entryWords(entry)}`];
  const base = { node: node.name, model: model.name, subject: file, severity: 'critical', evidence } as const;
  if (entry.kind === 'file') {
    const wanted = expectedOf({ expected }, model).record.current?.bytes;
    if (!isCut(entry, expectedOf({ expected }, model))) return undefined;
    const of = wanted === undefined || wanted <= entry.size ? '' : ` of ${wanted.toLocaleString('en-US')}`;
    const title = `${file} is cut short: ${entry.size.toLocaleString('en-US')}${of} bytes`;
    return finding({ ...base, code: 'model_truncated', title });
  }
  if (entry.kind === 'absent') {
    return current === null ? undefined : finding({ ...base, code: 'model_missing', title: `${file} is missing` });
  }
  if (entry.kind === 'link' && entry.leadsTo === 'file') return undefined;
  return finding({ ...base, code: 'model_missing', title: `${file} is no file: ${entryWords(entry)}` });
}

/** A size that an earlier promoted model had is not cut short but perhaps outdated: its digest tells. */
function isCut({ size }: FileState, { record }: Expected): boolean {
  if (size < MODEL_BYTES_MIN) return true;
  if (record.current === null || size >= record.current.bytes) return false;
  return !record.earlier.some(({ bytes }) => bytes === size);
}

/** A file's digest, `changed` when it was written meanwhile, or null when its size tells enough. */
export type Measured = string | null;

/** Digests of those files whose size alone does not settle the question; remembered ones are used unless the look is fresh. */
export async function measureFiles(
  context: LookContext,
  survey: Survey,
  models: readonly Model[],
): Promise<ReadonlyMap<string, Measured>> {
  const { node, digests, fresh, read } = context;
  const folder = survey.folder;
  const measured = new Map<string, Measured>();
  if (folder === null) return measured;
  const toRead: { readonly name: string; readonly file: FileState }[] = [];
  for (const model of models) {
    const file = entryOf(survey, model.canonical);
    if (file.kind !== 'file') continue;
    if (!sizeIsKnown(file, expectedOf(context, model))) measured.set(model.canonical, null);
    else {
      const known = fresh ? undefined : await digests.get(cacheKey(node.name, folder.id, file));
      if (known === undefined) toRead.push({ name: model.canonical, file });
      else measured.set(model.canonical, known);
    }
  }
  if (toRead.length === 0) return measured;
  const answers = await read(
    fileDigests(
      folder.path,
      folder.id,
      toRead.map(({ name }) => name),
    ),
  );
  for (const { name, file } of toRead) {
    const answer = answers.get(name);
    if (answer === undefined) throw new Fault('parse', `no digest of ${name} in the answer`);
    const steady = answer !== 'changed' && answer.token === stateToken(file);
    measured.set(name, steady ? answer.digest : 'changed');
    if (steady) await digests.set(cacheKey(node.name, folder.id, file), answer.digest);
  }
  return measured;
}

function sizeIsKnown({ size }: FileState, { record }: Expected): boolean {
  return [record.current, record.candidate, ...record.earlier].some((line) => line?.bytes === size);
}

/** ctime is in it: bytes can be changed without a trace in size and mtime, but not without one in ctime. */
export function cacheKey(node: string, folderId: string, { inode, size, mtimeNs, ctimeNs }: FileState): string {
  return [node, folderId, inode, size, mtimeNs, ctimeNs].join(' ');
}

/** What a file's digest says about it, against the record; the caller has made sure that the file is there and not cut short. */
export function digestFault(
  context: LookContext,
  model: Model,
  measured: Sha256 | null,
  current: RecordedDigest,
): Finding | undefined {
  const { record } = expectedOf(context, model);
  const file = model.canonical;
  if (measured === current.digest) return undefined;
  const has = measured === null ? 'has another size' : `has ${shortDigest(measured)}`;
  const evidence = [
    `sha256 ${file}: ${measured ?? 'not read, its size differs'}`,
    `recorded since ${current.since}: ${current.digest} (${current.by})`,
  ];
  const base = { node: context.node.name, model: model.name, subject: file, evidence };
  const earlier = record.earlier.find(({ digest }) => digest === measured);
  if (earlier !== undefined) {
    const title = `${file} is the earlier model ${shortDigest(earlier.digest)}, promoted is ${shortDigest(current.digest)}`;
    return finding({ ...base, code: 'model_outdated', severity: 'warning', title });
  }
  if (measured !== null && record.candidate?.digest === measured) {
    const title = `${file} is a new model ${shortDigest(measured)} that was seen once: the next look decides`;
    return finding({ ...base, code: 'model_in_flight', severity: 'warning', title });
  }
  const title = `${file} ${has}, promoted is ${shortDigest(current.digest)}: it plays other weights`;
  return finding({ ...base, code: 'digest_mismatch', severity: 'critical', title });
}
