import type { Command, CommandContext, Reply } from '../src/contract/command.ts';
import { goneLine, goneNodes } from '../src/domain/miss.ts';
import type { Node } from '../src/domain/node.ts';
import { resolveNodeSet } from '../src/domain/node-set.ts';
import { count } from '../src/domain/wording.ts';

export const nodes: Command = {
  name: 'nodes',
  topic: 'look',
  summary: 'The nodes of the inventory, which of them get models, and why the others do not',
  usage: 'nodes [<node set>] [--gone]',
  examples: ['nodes', 'nodes @provider:vast', 'nodes --gone'],
  right: 'look',
  async handle(words, context) {
    const { inventory } = context;
    if (words.includes('--gone')) return goneReply(words, context);
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

/** Nodes that come and go and have not answered for a while; the others are findings when they do not. */
async function goneReply(words: readonly string[], { inventory, misses }: CommandContext): Promise<Reply> {
  if (words.length > 1)
    return {
      kind: 'refused',
      refusal: { code: 'usage', text: 'nodes --gone takes no node set: it lists all of them.' },
    };
  const gone = goneNodes(inventory.nodes, await misses.all(), misses.enough);
  const head =
    gone.length === 0
      ? 'no node that comes and goes has been missed long enough to be called gone'
      : `${count(gone.length, 'node is', 'nodes are')} probably gone: retire ${gone.length === 1 ? 'it' : 'them'}?`;
  return { kind: 'said', lines: [head, ...gone.map((one) => `  ${goneLine(one)}`)], json: { gone }, exit: 0 };
}

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
