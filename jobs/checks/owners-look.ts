import type { OwnersLook } from '../../src/contract/job.ts';
import { nameOwners } from '../../src/facts/owners.ts';

/** Whose these names of a node's models folder are, by name. */
export const ownersLook: OwnersLook = ({ node, read }, names) => read(nameOwners(node.modelsDir, names));
