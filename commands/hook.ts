import { beginWish } from '../src/contract/begin-wish.ts';
import { changeRefusal } from '../src/contract/change-refusal.ts';
import type { Command, CommandContext, Reply } from '../src/contract/command.ts';
import { HOOK_FILE, hookScript } from '../src/domain/hook-script.ts';
import { observeRefusal } from '../src/domain/policy.ts';
import { count } from '../src/domain/wording.ts';

export const hook: Command = {
  name: 'hook',
  topic: 'self',
  summary: 'The script that links every alias after a promotion; install: a plan that puts it on the coordinator',
  usage: 'hook [install]',
  examples: ['hook install', `hook > models/${HOOK_FILE}`],
  right: 'look',
  async handle(words, context) {
    const { models, place } = context;
    if (words[0] === 'install' && words.length === 1) return install(context);
    if (words.length > 0) {
      const text = 'hook alone prints the script, hook install asks for a plan that puts it on the coordinator.';
      return { kind: 'refused', refusal: { code: 'usage', text } };
    }
    const script = hookScript(models);
    const links = models.map(({ canonical, alias }) => `${alias} -> ${canonical}`);
    // A message may be cut, and half a script must not be copied out of one.
    const lines =
      place === undefined
        ? script
        : [
            `The hook sets ${count(models.length, 'alias', 'aliases')} of medic.yaml. A shell prints the script: npx medic hook > models/${HOOK_FILE}; hook install makes a plan of it.`,
            ...links,
          ];
    return { kind: 'said', lines, json: { script: `${script.join('\n')}\n`, links }, exit: 0 };
  },
};

async function install(context: CommandContext): Promise<Reply> {
  const { policy, inventory, models } = context;
  const refusal = changeRefusal(context, { command: 'hook', what: 'install the hook, which is a change' });
  if (refusal !== undefined) return { kind: 'refused', refusal };
  const observing = observeRefusal(policy);
  if (observing !== undefined) return { kind: 'refused', refusal: observing };
  const scope = {
    models: models.map(({ name }) => name),
    nodes: inventory.nodes.filter(({ coordinator }) => coordinator).map(({ name }) => name),
    checks: ['alias-links'],
  };
  return beginWish('hook install', scope, { repair: 'install-hook', params: {} }, context);
}
