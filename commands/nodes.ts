import type { Command } from '../src/contract/command.ts';
import type { Node } from '../src/domain/node.ts';
import { resolveNodeSet } from '../src/domain/node-set.ts';

export const nodes: Command = {
  name: 'nodes',
  summary: 'The nodes of the inventory, which of them get models, and why the others do not',
  usage: 'nodes [<node set>]',
  examples: ['nodes', 'nodes @provider:vast'],
  right: 'look',
  async handle(words, { inventory }) {
    const set = words.filter((word) => word !== 'on').join(' ');
    const resolved = set === '' ? { ok: true as const, nodes: inventory.nodes } : resolveNodeSet(set, inventory.nodes);
    if (!resolved.ok) return { kind: 'refused', refusal: resolved.refusal };
    const targets = resolved.nodes.filter(({ noTargetBecause }) => noTargetBecause === null).length;
    const width = Math.max(...resolved.nodes.map(({ name }) => name.length));
    return {
      kind: 'said',
      lines: [
        `${resolved.nodes.length} ${resolved.nodes.length === 1 ? 'node' : 'nodes'}, ${targets} get models`,
        ...resolved.nodes.map((node) => `  ${node.name.padEnd(width)}  ${wordsOf(node)}`),
        ...(set === '' ? inventory.notes.map((note) => `! ${note}`) : []),
      ],
      json: {
        nodes: resolved.nodes.map(
          ({ name, role, status, provider, gpu, active, coordinator, noTargetBecause, note }) => ({
            name,
            role,
            status,
            provider,
            gpu,
            active,
            coordinator,
            target: noTargetBecause === null,
            note,
          }),
        ),
      },
      exit: 0,
    };
  },
};

/** Role, status and hardware; never addresses, users or keys. */
function wordsOf({ role, status, gpu, coordinator, noTargetBecause, ephemeral, note }: Node): string {
  const parts = [
    role,
    status,
    gpu ?? 'no GPU',
    ...(ephemeral ? ['ephemeral'] : []),
    ...(coordinator ? ['source of models'] : []),
  ];
  if (noTargetBecause !== null && !coordinator) parts.push(`gets no models: ${noTargetBecause}`);
  return [...parts, ...(note === null ? [] : [`“${note}”`])].join(' · ');
}
