import type { LookContext } from '../../src/contract/job.ts';
import { type Checkpoint, tooOldFor } from '../../src/domain/checkpoint.ts';
import { type Finding, finding } from '../../src/domain/finding.ts';
import type { Model } from '../../src/domain/model.ts';
import { type NodeTorch, nodeTorch } from '../../src/facts/node-torch.ts';

/** Which torch the node has, read without loading it; undefined: the inventory does not say where the cluster's folder is. */
export async function torchThere({ node, read }: LookContext): Promise<NodeTorch | undefined> {
  return node.root === null ? undefined : read(nodeTorch(node.root, node.venv));
}

/** Whether any sound file might be too new for it, so that what they ask for has to be known. */
export function mayBeTooOld(torch: NodeTorch | undefined): boolean {
  return torch?.kind === 'torch' && tooOldFor(ASKS_MOST, torch.version) !== undefined;
}

const ASKS_MOST = { globals: ['torch._utils._rebuild_tensor_v3'] };

/** Said of a sound file that asks for more than this torch has. */
export function torchFault(
  { node }: LookContext,
  model: Model,
  checkpoint: Checkpoint,
  torch: NodeTorch | undefined,
): Finding | undefined {
  if (torch?.kind !== 'torch') return undefined;
  const why = tooOldFor(checkpoint, torch.version);
  return why === undefined ? undefined : tooOld(node.name, model, torch.version, why);
}

/** Said of a model that the node's torch cannot load. */
export function tooOld(node: string, model: Model, torch: string, why: string): Finding {
  return finding({
    code: 'torch_too_old',
    node,
    model: model.name,
    subject: model.canonical,
    severity: 'critical',
    title: `${model.canonical} cannot be loaded there: torch ${torch} is too old`,
    evidence: [
      why,
      'upgrade torch there: a file that it could load would be in the format that the cluster itself refuses',
    ],
  });
}

/** Said of a node none of whose Pythons has torch. */
export function noTorch({ node }: LookContext): Finding {
  return finding({
    code: 'torch_missing',
    node: node.name,
    subject: 'torch',
    severity: 'warning',
    title: 'no Python there has torch, so no model can be played',
    evidence: ['looked in venv_activate of the inventory, venv/ of the cluster’s folder, python3 and /usr/bin/python3'],
  });
}

/** The node's torch as a note. Where the inventory names no environment, its absence is no fault: not every node plays. */
export function torchNotes({ node }: LookContext, torch: NodeTorch | undefined): string[] {
  if (torch === undefined) return [];
  if (torch.kind === 'none')
    return node.venv === null ? ['no torch found, and the inventory names no environment'] : [];
  const bare = node.gpu !== null && !torch.cuda ? ', though the inventory names a GPU' : '';
  return [`torch ${torch.version} ${torch.cuda ? 'with' : 'without'} CUDA on ${torch.machine}${bare}`];
}
