import type { Command } from '../contract/command.ts';

type Suggestion = { insert: string; label: string; detail: string };

const NODE_SETS = [
  ['@gpu', 'all nodes with a GPU'],
  ['@provider:vast', 'the nodes of one provider'],
  ['vast-*', 'by name'],
] as const;

/** What the message box offers after `/models …`: commands, then models, then node sets after `on`. */
export function completionsFor(
  commands: readonly Command[],
  { nodes }: { readonly nodes: readonly { readonly name: string }[] },
) {
  const models = ['hex8_2p', 'hex8_4p', 'square8_2p'];
  return async (text: string): Promise<Suggestion[]> => {
    const words = text.replace(/^\/models\s*/, '').split(/\s+/);
    const last = words.at(-1) ?? '';
    const start = text.slice(0, text.length - last.length);
    const offer = (items: readonly (readonly [word: string, detail: string])[]) =>
      items
        .filter(([word]) => word.startsWith(last))
        .map(([word, detail]) => ({ insert: `${start}${word} `, label: word, detail }));
    if (words.length <= 1) return offer(commands.map(({ name, summary }) => [name, summary] as const));
    if (words.at(-2) === 'on') return offer([...NODE_SETS, ...nodes.map(({ name }) => [name, 'node'] as const)]);
    return offer([...models.map((model) => [model, 'model'] as const), ['on', 'only these nodes'] as const]);
  };
}
