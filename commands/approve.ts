import type { Command } from '../src/contract/command.ts';
import { findPlan } from '../src/contract/find-plan.ts';

export const approve: Command = {
  name: 'approve',
  summary: 'Approve a plan; it runs when enough people have',
  usage: 'approve <hash>',
  examples: ['approve 7c1d93ab'],
  right: 'operate',
  async handle([prefix, ...more], { ledger, desk, who }) {
    const found = await findPlan(more.length === 0 ? prefix : undefined, ledger, 'approve');
    if (!found.ok) return { kind: 'refused', refusal: found.refusal };
    const { incident, plan } = found;
    const prompt = incident.prompts.findLast((one) => incident.plans.get(one.plan) === plan);
    if (prompt === undefined)
      return {
        kind: 'refused',
        refusal: { code: 'plan_ended', text: 'This plan was never put up for approval. Ask for it again with fix.' },
      };
    const decision = await desk.approve(prompt.request, who);
    switch (decision.kind) {
      case 'refused':
        return decision;
      case 'running':
        return { kind: 'begun', incident: decision.incident, until: 'executed', request: prompt.request };
      case 'counted':
        return {
          kind: 'said',
          lines: [`Counted: ${decision.have} of ${decision.needed} approvals. Nothing was run yet.`],
          json: { incident: decision.incident },
          exit: 5,
        };
      case 'rejected':
        throw new Error('an approval cannot be answered by a rejection');
    }
  },
};
