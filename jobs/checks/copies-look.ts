import type { CopiesLook } from '../../src/contract/job.ts';
import { type Checkpoint, checkpointFault } from '../../src/domain/checkpoint.ts';
import type { Model } from '../../src/domain/model.ts';
import { QUARANTINE } from '../../src/domain/quarantine.ts';
import { checkpointGate } from '../../src/facts/checkpoint-gate.ts';
import { type HeldFile, heldFiles } from '../../src/facts/held-files.ts';
import { heldDigests } from './held-digests.ts';

/** Every copy of these models on one node; links are not followed. Bytes that were never on record are read by the gate, one file a digest. */
export const copiesLook: CopiesLook = async ({ node, models, read, known, digests }) => {
  if (node.modelsDir === null) return [];
  const held = await read(heldFiles(node.modelsDir, models.flatMap(namesOf)));
  const files = held.files.filter((file) => modelIn(file, models) !== undefined);
  const sums = await heldDigests({ node, read, digests }, held, files);
  const found = files.flatMap((file) => {
    const digest = sums.get(file.path);
    return digest === undefined ? [] : [{ ...file, digest }];
  });
  const strange = new Map(found.filter(({ digest }) => !known.has(digest)).map((copy) => [copy.digest, copy.path]));
  const tested: ReadonlyMap<string, Checkpoint> =
    strange.size === 0 ? new Map() : await read(checkpointGate(node.modelsDir, 'any', [...strange.values()]));
  return found.flatMap((file) => {
    const model = modelIn(file, models)?.name;
    if (model === undefined || file.state.kind !== 'file') return [];
    const { path, digest, bytes } = file;
    const mtimeS = Math.max(0, Number(file.state.mtimeNs.slice(0, -9)));
    const base = { path, digest, bytes, mtimeS, model, node: node.name };
    const checkpoint = tested.get(strange.get(digest) ?? '');
    if (checkpoint === undefined) return [{ ...base, sound: known.has(digest), detail: 'was on record' }];
    const fault = checkpointFault(checkpoint, model);
    const sound = fault === undefined && checkpoint.read;
    return [{ ...base, sound, detail: fault === undefined ? checkpoint.detail : `${fault.code}: ${fault.words}` }];
  });
};

/** The name itself and the backups that people and the cluster make beside it. */
function namesOf({ canonical }: Model): string[] {
  const dot = canonical.lastIndexOf('.');
  const backup = dot < 1 ? [] : [`${canonical.slice(0, dot)}.backup${canonical.slice(dot)}`];
  return [canonical, ...backup, `${canonical}.bak`];
}

function modelIn({ path, state }: HeldFile, models: readonly Model[]): Model | undefined {
  if (state.kind !== 'file') return undefined;
  const name = path.startsWith(QUARANTINE) ? path.replace(/^.*\//, '') : undefined;
  return models.find((model) =>
    name === undefined
      ? namesOf(model).includes(path)
      : name === `${model.canonical}.kept` || name === `${model.canonical}.undone`,
  );
}
