import type { Command } from '../src/contract/command.ts';
import { findPlan } from '../src/contract/find-plan.ts';
import { shortHash } from '../src/domain/wording.ts';

export const reject: Command = {
  name: 'reject',
  topic: 'decide',
  summary: 'Turn a plan down, with a reason for whoever asked',
  usage: 'reject <hash> [reason]',
  examples: ['reject 7c1d93ab vast-1 is being rebuilt'],
  right: 'operate',
  async handle([prefix, ...reason], { ledger, desk, who }) {
    const found = await findPlan(prefix, ledger, 'reject');
    if (!found.ok) return { kind: 'refused', refusal: found.refusal };
    const { incident, plan } = found;
    const prompt = incident.prompts.findLast((one) => incident.plans.get(one.plan) === plan);
    if (prompt === undefined)
      return { kind: 'refused', refusal: { code: 'plan_ended', text: 'This plan was never put up for approval.' } };
    const decision = await desk.reject(prompt.request, who, reason.join(' ').slice(0, 500));
    if (decision.kind === 'refused') return decision;
    return {
      kind: 'said',
      lines: [`Plan ${shortHash(prompt.plan)} is rejected. Nothing was run.`],
      json: { incident: incident.id },
      exit: 0,
    };
  },
};
