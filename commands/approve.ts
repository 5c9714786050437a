import type { Command } from '../src/contract/command.ts';
import { findPlan } from '../src/contract/find-plan.ts';

const BREAK_GLASS = '--break-glass';

export const approve: Command = {
  name: 'approve',
  topic: 'decide',
  summary: 'Approve a plan; it runs when enough people have',
  usage: 'approve <hash> [--break-glass <reason>]',
  examples: ['approve 7c1d93ab', 'approve 7c1d93ab --break-glass play is down and nobody else is awake'],
  right: 'operate',
  async handle([prefix, flag, ...more], { ledger, desk, who, place }) {
    const breaking = flag === BREAK_GLASS;
    const reason = more.join(' ').slice(0, 300);
    if (breaking && reason === '') {
      const text = `${BREAK_GLASS} lets a plan run without the approvals it needs: say why, and it is told to everybody. Nothing was run.`;
      return { kind: 'refused', refusal: { code: 'usage', text } };
    }
    const found = await findPlan(flag === undefined || breaking ? prefix : undefined, ledger, 'approve');
    if (!found.ok) return { kind: 'refused', refusal: found.refusal };
    const { incident, plan } = found;
    const prompt = incident.prompts.findLast((one) => incident.plans.get(one.plan) === plan);
    if (prompt === undefined)
      return {
        kind: 'refused',
        refusal: { code: 'plan_ended', text: 'This plan was never put up for approval. Ask for it again with fix.' },
      };
    const decision = await desk.approve(prompt.request, who, {
      ...(place === undefined ? {} : { channel: place.channel }),
      ...(breaking ? { breakGlass: reason } : {}),
    });
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
      case 'withdrawn':
        throw new Error('an approval cannot be answered by a rejection');
    }
  },
};
