import { rm, stat, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { aliasName, canonicalName, checkpointOf } from './models.ts';

/** A node that faults can be planted on. */
export interface FaultNode {
  readonly name: string;
  readonly modelsDir: string;
  /** Makes its SSH port refuse connections. */
  stop(): Promise<void>;
}

/** One fault that was planted, in the words a check should find for it. */
export interface PlantedFault {
  readonly node: string;
  readonly code:
    | 'alias_missing'
    | 'alias_wrong_target'
    | 'alias_dangling'
    | 'alias_not_a_link'
    | 'digest_mismatch'
    | 'model_truncated'
    | 'refused';
  /** The configuration; absent where the whole node is the fault. */
  readonly model?: string;
  /** The file's name; absent where the whole node is the fault. */
  readonly subject?: string;
}

/** Plants the runbook's faults on the demo's nodes (by name; nodes that are not there are left out) and says what it planted. */
export async function plantFaults(nodes: readonly FaultNode[]): Promise<PlantedFault[]> {
  const planted: PlantedFault[] = [];
  for (const { node: name, fault } of FAULTS) {
    const node = nodes.find((candidate) => candidate.name === name);
    if (node) planted.push({ node: name, ...(await fault(node)) });
  }
  return planted;
}

type Fault = (node: FaultNode) => Promise<Omit<PlantedFault, 'node'>>;

const FAULTS: readonly { readonly node: string; readonly fault: Fault }[] = [
  { node: 'vast-1', fault: aliasMissing('hex8_2p') },
  { node: 'vast-2', fault: aliasMissing('hex8_2p') },
  { node: 'nebius-h100-1', fault: aliasPointsAt('hex8_2p', canonicalName('hex8_4p'), 'alias_wrong_target') },
  { node: 'nebius-h100-2', fault: aliasPointsAt('square8_2p', 'canonical_square8_2p_v2.pth', 'alias_dangling') },
  { node: 'runpod-a100-1', fault: aliasIsFile('hex8_4p') },
  { node: 'runpod-a100-2', fault: otherBytes('hex8_2p') },
  { node: 'vast-3', fault: truncated('square8_2p', 0.6) },
  { node: 'runpod-a100-3', fault: refusesConnections },
];

function aliasMissing(model: string): Fault {
  return async ({ modelsDir }) => {
    await rm(join(modelsDir, aliasName(model)));
    return { code: 'alias_missing', model, subject: aliasName(model) };
  };
}

function aliasPointsAt(model: string, target: string, code: 'alias_wrong_target' | 'alias_dangling'): Fault {
  return async ({ modelsDir }) => {
    const alias = join(modelsDir, aliasName(model));
    await rm(alias);
    await symlink(target, alias);
    return { code, model, subject: aliasName(model) };
  };
}

function aliasIsFile(model: string): Fault {
  return async ({ modelsDir }) => {
    const alias = join(modelsDir, aliasName(model));
    await rm(alias);
    await writeFile(alias, checkpointOf(model, 7));
    return { code: 'alias_not_a_link', model, subject: aliasName(model) };
  };
}

function otherBytes(model: string): Fault {
  return async ({ modelsDir }) => {
    const path = join(modelsDir, canonicalName(model));
    const { atime, mtime } = await stat(path);
    await writeFile(path, checkpointOf(model, 8));
    // Same size and time: what a comparison by size and time calls equal.
    await utimes(path, atime, mtime);
    return { code: 'digest_mismatch', model, subject: canonicalName(model) };
  };
}

function truncated(model: string, share: number): Fault {
  return async ({ modelsDir }) => {
    const path = join(modelsDir, canonicalName(model));
    await truncate(path, Math.floor((await stat(path)).size * share));
    return { code: 'model_truncated', model, subject: canonicalName(model) };
  };
}

async function refusesConnections(node: FaultNode): Promise<Omit<PlantedFault, 'node'>> {
  await node.stop();
  return { code: 'refused' };
}
