import { changeRefusal } from '../src/contract/change-refusal.ts';
import type { Command, CommandContext, Reply } from '../src/contract/command.ts';
import { resolveNodeSet } from '../src/domain/node-set.ts';
import { LockId, lockWords } from '../src/domain/standing.ts';
import { modelNamed } from '../src/domain/words.ts';

export const lock: Command = {
  name: 'lock',
  topic: 'guard',
  summary: 'Let nobody change these nodes or this model until it is unlocked',
  usage: 'lock <node set|model> [reason]',
  examples: ['lock vast-3 disk is being replaced', 'lock vast-*,@role:trainer', 'lock hex8_2p evaluation is running'],
  right: 'operate',
  async handle([what, ...reason], context) {
    if (what === undefined)
      return refused('usage', 'lock takes nodes or a model, and why: lock vast-3 disk is being replaced.');
    const things = thingsNamed(what, context);
    if (!things.ok) return things.reply;
    const { nodes, models } = things;
    const refusal = changeRefusal(context, { command: 'lock', what: `lock ${what}`, nodes, models });
    if (refusal !== undefined) return { kind: 'refused', refusal };
    const id = LockId.parse(context.newIncidentId().replace('i-', 'l-'));
    const made = {
      id,
      by: context.who,
      at: context.now().toISOString(),
      nodes,
      models,
      reason: reason.join(' ').slice(0, 300),
    };
    await context.orders.append({ kind: 'locked', ...made });
    return { kind: 'said', lines: [lockWords(made)], json: { lock: made }, exit: 0 };
  },
};

type Things =
  | { readonly ok: true; readonly nodes: string[]; readonly models: string[] }
  | { readonly ok: false; readonly reply: Reply };

/** The model or the nodes that one word means. */
export function thingsNamed(word: string, { models, inventory }: CommandContext): Things {
  const model = modelNamed(word, models);
  if (model.ok) return { ok: true, nodes: [], models: [model.model.name] };
  const set = resolveNodeSet(word, inventory.nodes);
  if (!set.ok) return { ok: false, reply: { kind: 'refused', refusal: set.refusal } };
  return { ok: true, nodes: set.nodes.map(({ name }) => name), models: [] };
}

function refused(code: 'usage', text: string): Reply {
  return { kind: 'refused', refusal: { code, text: `${text} Nothing was run.` } };
}
