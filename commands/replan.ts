import type { Command } from '../src/contract/command.ts';
import { findPlan } from '../src/contract/find-plan.ts';
import { hashPlan } from '../src/domain/plan.ts';
import { observeRefusal } from '../src/domain/policy.ts';
import { shortHash } from '../src/domain/wording.ts';

export const replan: Command = {
  name: 'replan',
  topic: 'decide',
  summary: 'Make a plan again that has expired, was turned down or is stale; it needs approval anew',
  usage: 'replan <hash>',
  examples: ['replan 7c1d93ab'],
  right: 'operate',
  async handle([prefix, ...more], { ledger, dispatch, inventory, policy, who }) {
    const found = await findPlan(more.length === 0 ? prefix : undefined, ledger, 'replan');
    if (!found.ok) return { kind: 'refused', refusal: found.refusal };
    const observing = observeRefusal(policy);
    if (observing !== undefined) return { kind: 'refused', refusal: observing };
    const { incident, plan } = found;
    const hash = hashPlan(plan);
    const running = incident.prompts.find(
      (one) => one.plan === hash && (one.state === 'authorized' || one.state === 'running'),
    );
    if (running !== undefined) {
      const text = `Plan ${shortHash(hash)} is running. Its receipt says how it ended; nothing was planned.`;
      return { kind: 'refused', refusal: { code: 'plan_ended', text } };
    }
    const known = new Set(inventory.nodes.map(({ name }) => name));
    const gone = plan.targets.find(({ node }) => !known.has(node))?.node;
    if (gone !== undefined) {
      const text = `${gone} of plan ${shortHash(hash)} is no node of the inventory any more. Ask with fix or distribute.`;
      return { kind: 'refused', refusal: { code: 'node_unknown', text } };
    }
    const wish = incident.plannings.findLast(({ plans }) => plans.includes(hash))?.wish;
    const asking = await ledger.append(incident.id, { kind: 'asked', by: who, text: `replan ${shortHash(hash)}` });
    await dispatch.plan({
      incident: incident.id,
      scope: {
        ...incident.scope,
        models: [...new Set(plan.targets.flatMap(({ models }) => models))],
        nodes: plan.targets.map(({ node }) => node),
      },
      by: who,
      inventory: inventory.digest,
      ...(wish === undefined ? {} : { wish }),
    });
    return { kind: 'begun', incident: incident.id, until: 'planned', since: asking?.id ?? '' };
  },
};
