import type { Command, Reply } from '../src/contract/command.ts';
import { findPlan } from '../src/contract/find-plan.ts';
import { mayDo } from '../src/domain/policy.ts';
import { shortHash } from '../src/domain/wording.ts';

export const review: Command = {
  name: 'review',
  topic: 'decide',
  summary: 'Say afterwards what you make of a plan for which somebody broke the glass',
  usage: 'review <hash> [note]',
  examples: ['review 7c1d93ab it was right, play was down', 'review 7c1d93ab'],
  right: 'approve',
  async handle([prefix, ...words], { ledger, policy, who }) {
    const found = await findPlan(prefix, ledger, 'review');
    if (!found.ok) return { kind: 'refused', refusal: found.refusal };
    const { incident, plan } = found;
    const short = prefix?.slice(0, 8) ?? '';
    const prompt = incident.prompts.findLast((one) => incident.plans.get(one.plan) === plan && one.glass !== undefined);
    const glass = prompt?.glass;
    if (prompt === undefined || glass === undefined)
      return refused('gone', `Nobody broke the glass for plan ${short}: there is nothing to review.`);
    if (prompt.reviewed !== undefined)
      return refused('already_approved', `${prompt.reviewed.by} has reviewed plan ${short} already.`);
    if (glass.by === who || prompt.requester === who)
      return refused(
        'self_approval',
        `You can't review plan ${short}: ${glass.by === who ? 'you broke the glass' : 'you asked for it'}. ${policy.approvers.filter((person) => person !== who && person !== glass.by && mayDo(policy, person, 'approve')).join(', ') || 'Nobody else'} can.`,
      );
    const note = words.join(' ').slice(0, 500);
    await ledger.append(
      incident.id,
      { kind: 'reviewed', request: prompt.request, by: who, note },
      { once: `reviewed:${prompt.request}` },
    );
    return {
      kind: 'said',
      lines: [`Reviewed: plan ${shortHash(prompt.plan)}${note === '' ? '' : `, ${note}`}.`],
      json: { incident: incident.id, reviewed: prompt.plan },
      exit: 0,
    };
  },
};

function refused(code: 'gone' | 'already_approved' | 'self_approval', text: string): Reply {
  return { kind: 'refused', refusal: { code, text } };
}
