import type { Node } from './node.ts';
import { exclusionsIn, lockWords, type Standing } from './standing.ts';

/** The nodes as they count now: those that are excluded are in no set, and say why when they are named. */
export function withExclusions<T extends { readonly nodes: readonly Node[] }>(inventory: T, standing: Standing): T {
  const exclusions = exclusionsIn(standing);
  if (exclusions.length === 0) return inventory;
  const nodes = inventory.nodes.map((node) => {
    const exclusion = exclusions.find((one) => one.nodes.includes(node.name));
    if (exclusion === undefined) return node;
    const because = lockWords({ ...exclusion, nodes: [node.name] }).replace(/\.$/, '');
    return { ...node, active: false, excluded: because, noTargetBecause: because };
  });
  return { ...inventory, nodes };
}
