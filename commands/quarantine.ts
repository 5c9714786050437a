import { beginLook } from '../src/contract/begin-look.ts';
import { beginWish } from '../src/contract/begin-wish.ts';
import { changeRefusal } from '../src/contract/change-refusal.ts';
import type { Command, CommandContext, Reply } from '../src/contract/command.ts';
import { askedScope } from '../src/domain/asked-scope.ts';
import type { Refusal } from '../src/domain/fault.ts';
import { PRUNE } from '../src/domain/plan.ts';
import { observeRefusal } from '../src/domain/policy.ts';
import { QUARANTINE_CHECK } from '../src/domain/quarantine.ts';

export const quarantine: Command = {
  name: 'quarantine',
  topic: 'look',
  summary: 'What is kept of replaced files, by node and receipt; prune: a plan that deletes what has had its time',
  usage: 'quarantine [prune] [on <node set>]',
  examples: ['quarantine', 'quarantine on vast-*', 'quarantine prune', 'quarantine prune on vast-3'],
  right: 'look',
  async handle(words, context) {
    if (words[0] === 'prune') return prune(words.slice(1), context);
    const checks = [QUARANTINE_CHECK];
    return beginLook(words, context, { command: 'quarantine', view: 'quarantine', checks, apart: true });
  },
};

async function prune(words: readonly string[], context: CommandContext): Promise<Reply> {
  const { policy, inventory, models, checks, now } = context;
  const denied = changeRefusal(context, { command: 'quarantine', what: 'delete what is kept, which is a change' });
  if (denied !== undefined) return { kind: 'refused', refusal: denied };
  const observing = observeRefusal(policy);
  if (observing !== undefined) return { kind: 'refused', refusal: observing };
  const asked = askedScope(words, { models, nodes: inventory.nodes, checks, flags: [] });
  if (!asked.ok) return { kind: 'refused', refusal: asked.refusal };
  if (asked.named.models)
    return refused(
      'usage',
      'quarantine prune takes nodes and no models: what has had its time is decided a node, as in quarantine prune on vast-3. Nothing was run.',
    );
  const scope = { ...asked.scope, checks: [QUARANTINE_CHECK] };
  const params = { asOf: now().toISOString() };
  return beginWish(['quarantine prune', ...words].join(' '), scope, { repair: PRUNE, params }, context);
}

function refused(code: Refusal['code'], text: string): Reply {
  return { kind: 'refused', refusal: { code, text } };
}
