import type { Command } from '../src/contract/command.ts';
import { mayDo } from '../src/domain/policy.ts';
import { readonlyWords } from '../src/domain/standing.ts';
import { count } from '../src/domain/wording.ts';

export const whoami: Command = {
  name: 'whoami',
  topic: 'self',
  summary: 'Who medic takes me for, and what I may',
  usage: 'whoami',
  examples: ['whoami'],
  right: 'look',
  async handle(words, { who, policy, commands, orders, cluster }) {
    if (words.length > 0)
      return { kind: 'refused', refusal: { code: 'usage', text: 'whoami takes nothing after it.' } };
    const operate = mayDo(policy, who, 'operate');
    const approve = mayDo(policy, who, 'approve');
    const may = commands.filter(({ right }) => mayDo(policy, who, right)).map(({ name }) => name);
    const { readonly: state } = await orders.standing();
    const { reversibleFew, reversibleMany, restore, replace, few, selfApproval } = policy.approvals;
    const alone =
      reversibleFew === 0
        ? `Reversible and restoring plans on up to ${few} nodes need nobody but the person who asks; on`
        : 'On';
    const role = approve
      ? 'an approver: you may look, ask for changes and approve them'
      : operate
        ? 'an operator: you may look and ask for changes'
        : 'a viewer: you may look';
    const lines = [
      `You are ${who}, ${role} in ${cluster}.`,
      `Commands: ${may.join(', ')}`,
      `${alone} more of them ${count(Math.max(reversibleMany, restore), 'other approver')}; replacing weights ${count(replace, 'other approver')}.${selfApproval === 'cli' ? ' A listed approver in a shell may approve alone.' : ''}`,
      ...(policy.mode === 'observe' ? ['This installation only observes: nothing is changed by anybody.'] : []),
      ...(state === undefined ? [] : [readonlyWords(state)]),
    ];
    return {
      kind: 'said',
      lines,
      json: { who, roles: { operate, approve }, commands: may, mode: policy.mode },
      exit: 0,
    };
  },
};
