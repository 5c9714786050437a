import type { Command } from '../src/contract/command.ts';
import { findPlan } from '../src/contract/find-plan.ts';
import { hashPlan } from '../src/domain/plan.ts';
import { planInFull } from '../src/domain/plan-lines.ts';

export const plan: Command = {
  name: 'plan',
  topic: 'repair',
  summary: 'A plan step by step, as it will run, with the way back',
  usage: 'plan <hash>',
  examples: ['plan 7c1d93ab'],
  right: 'look',
  async handle([prefix, ...more], { ledger }) {
    const found = await findPlan(more.length === 0 ? prefix : undefined, ledger, 'plan');
    if (!found.ok) return { kind: 'refused', refusal: found.refusal };
    const hash = hashPlan(found.plan);
    const since = found.incident.prompts.findLast((prompt) => prompt.plan === hash)?.since;
    return {
      kind: 'said',
      lines: planInFull(found.plan, found.incident.besides.get(hash), since),
      json: { plans: [{ ...found.plan, hash }], incident: found.incident.id },
      exit: 0,
    };
  },
};
