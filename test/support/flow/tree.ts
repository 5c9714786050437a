import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Every name below a folder with its link text or sha256; `.medic` is left out unless asked for. A folder that is not there has no names. */
export function treeOf(
  folder: string,
  options: { readonly withMedic?: boolean } = {},
  prefix = '',
): Record<string, string> {
  const tree: Record<string, string> = {};
  for (const name of namesIn(folder)) {
    if (name === '.medic' && options.withMedic !== true) continue;
    const path = join(folder, name);
    const stat = lstatSync(path);
    if (stat.isSymbolicLink()) tree[prefix + name] = `-> ${readlinkSync(path)}`;
    else if (stat.isDirectory())
      Object.assign(tree, { [prefix + name]: 'folder' }, treeOf(path, options, `${prefix}${name}/`));
    else tree[prefix + name] = stat.isFile() ? sha256(readFileSync(path)) : 'other';
  }
  return tree;
}

/** sha256 in hex. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
