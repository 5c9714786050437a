import type { CopiesLook } from '../../src/contract/job.ts';
import { type Checkpoint, checkpointFault } from '../../src/domain/checkpoint.ts';
import { checkpointGate } from '../../src/facts/checkpoint-gate.ts';
import { modelCopies } from '../../src/facts/model-copies.ts';

/** Every copy of these models on one node. Bytes that were never on record are read by the gate, one file a digest. */
export const copiesLook: CopiesLook = async ({ node, models, read, known }) => {
  if (node.modelsDir === null) return [];
  const found = await read(
    modelCopies(
      node.modelsDir,
      models.map(({ canonical }) => canonical),
    ),
  );
  const strange = new Map(found.filter(({ digest }) => !known.has(digest)).map((copy) => [copy.digest, copy.path]));
  const tested: ReadonlyMap<string, Checkpoint> =
    strange.size === 0 ? new Map() : await read(checkpointGate(node.modelsDir, 'any', [...strange.values()]));
  return found.flatMap(({ file, ...copy }) => {
    const model = models.find(({ canonical }) => canonical === file)?.name;
    if (model === undefined) return [];
    const base = { ...copy, model, node: node.name };
    const checkpoint = tested.get(strange.get(copy.digest) ?? '');
    if (checkpoint === undefined) return [{ ...base, sound: known.has(copy.digest), detail: 'was on record' }];
    const fault = checkpointFault(checkpoint, model);
    const sound = fault === undefined && checkpoint.read;
    return [{ ...base, sound, detail: fault === undefined ? checkpoint.detail : `${fault.code}: ${fault.words}` }];
  });
};
