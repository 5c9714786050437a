import type { Command, CommandContext, Reply } from '../src/contract/command.ts';
import type { Refusal } from '../src/domain/fault.ts';
import { incidentOf } from '../src/domain/incident.ts';
import { ReceiptId } from '../src/domain/names.ts';
import { quoteWord } from '../src/domain/nearest.ts';
import { Params } from '../src/domain/plan.ts';
import { observeRefusal } from '../src/domain/policy.ts';
import { rollbackOf } from '../src/domain/rollback.ts';

export const rollback: Command = {
  name: 'rollback',
  topic: 'repair',
  summary: 'Plan the way back from a receipt; nothing runs before the plan is approved',
  usage: 'rollback <receipt>',
  examples: ['rollback r-0412aa07'],
  right: 'operate',
  async handle([word, ...more], context) {
    const id = ReceiptId.safeParse(word);
    if (!id.success || more.length > 0) {
      const what =
        word === undefined ? 'rollback takes one id' : `${quoteWord([word, ...more].join(' '))} is no receipt's id`;
      return refused({ code: 'usage', text: `${what}: r- and 8 digits, as in rollback r-0412aa07.` });
    }
    const observing = observeRefusal(context.policy);
    if (observing !== undefined) return refused(observing);
    return planBack(id.data, context);
  },
};

async function planBack(id: ReceiptId, { ledger, inventory, dispatch, who }: CommandContext): Promise<Reply> {
  const incidentId = await ledger.ofReceipt(id);
  const incident = incidentId === undefined ? undefined : incidentOf(await ledger.entries(incidentId));
  const execution = incident?.executions.find((one) => one.receipt === id);
  const plan = execution === undefined ? undefined : incident?.plans.get(execution.plan);
  if (incident === undefined || execution === undefined || plan === undefined)
    return refused({ code: 'receipt_unknown', text: `No receipt is called ${id}.` });
  if (execution.finished === undefined)
    return refused({ code: 'lease_held', text: `${id} is still running. Take it back when it has ended.` });
  const back = rollbackOf(plan, execution.finished);
  if (!back.ok) return refused(back.refusal);
  const { params } = back;
  const nodes = [...Object.keys(params.changed), ...Object.keys(params.unsure)].toSorted();
  const gone = nodes.filter((name) => !inventory.nodes.some((node) => node.name === name));
  if (gone.length > 0)
    return refused({
      code: 'node_unknown',
      text: `The inventory has no ${gone.join(', ')} any more. Nothing was planned.`,
    });
  // The whole incident is looked at, so that its first line goes on telling of all of it.
  const known = new Set(inventory.nodes.map(({ name }) => name));
  const scope = {
    ...incident.scope,
    nodes: [...new Set([...incident.scope.nodes, ...nodes])].filter((name) => known.has(name)),
  };
  const asking = await ledger.append(incident.id, { kind: 'asked', by: who, text: `rollback ${id}` });
  const wish = { repair: 'rollback', params: Params.parse(params), nodes };
  await dispatch.plan({ incident: incident.id, scope, by: who, inventory: inventory.digest, wish });
  return { kind: 'begun', incident: incident.id, until: 'planned', since: asking?.id ?? '' };
}

function refused(refusal: Refusal): Reply {
  return { kind: 'refused', refusal };
}
