import type { LookContext } from '../../src/contract/job.ts';
import type { Sha256 } from '../../src/domain/digest.ts';
import { stateToken } from '../../src/domain/entry-state.ts';
import { fileDigests } from '../../src/facts/file-digest.ts';
import type { HeldFile, HeldFiles } from '../../src/facts/held-files.ts';
import { cacheKey } from './model-fault.ts';

/** Digests of files that lie on a node, by path; of what did not change since it was read last they are remembered. What changes meanwhile or may not be read has none. */
export async function heldDigests(
  { node, read, digests }: Pick<LookContext, 'node' | 'read' | 'digests'>,
  { folderId }: Pick<HeldFiles, 'folderId'>,
  files: readonly HeldFile[],
): Promise<ReadonlyMap<string, Sha256>> {
  const told = new Map<string, Sha256>();
  const toRead: { readonly path: string; readonly token: string; readonly key: string }[] = [];
  for (const { path, state, readable } of files) {
    if (state.kind !== 'file' || !readable) continue;
    const key = cacheKey(node.name, folderId, state);
    const known = await digests.get(key);
    if (known === undefined) toRead.push({ path, token: stateToken(state), key });
    else told.set(path, known);
  }
  if (toRead.length === 0 || node.modelsDir === null) return told;
  const paths = toRead.map(({ path }) => path);
  const answers = await read(fileDigests(node.modelsDir, folderId, paths));
  for (const { path, token, key } of toRead) {
    const answer = answers.get(path);
    if (answer === undefined || answer === 'changed' || answer.token !== token) continue;
    told.set(path, answer.digest);
    await digests.set(key, answer.digest);
  }
  return told;
}
