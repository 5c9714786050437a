import type { Command, CommandContext, Reply } from '../src/contract/command.ts';
import { incidentOf } from '../src/domain/incident.ts';
import { ReceiptId } from '../src/domain/names.ts';
import { quoteWord } from '../src/domain/nearest.ts';
import type { Plan } from '../src/domain/plan.ts';
import type { Receipt } from '../src/domain/receipt.ts';
import { receiptLines } from '../src/domain/receipt-lines.ts';
import { receiptJson, runLines, runOf } from '../src/domain/receipt-run.ts';

export const receipt: Command = {
  name: 'receipt',
  topic: 'repair',
  summary: 'What was done under a receipt, before and after, step by step, and whether it helped',
  usage: 'receipt <id> [--verify]',
  examples: ['receipt r-0412aa07', 'receipt r-0412aa07 --verify'],
  right: 'look',
  async handle([word, ...more], context) {
    const { ledger } = context;
    const verify = more.length === 1 && more[0] === '--verify';
    const id = ReceiptId.safeParse(word);
    if (!id.success || (more.length > 0 && !verify)) {
      const what =
        word === undefined ? 'receipt takes one id' : `${quoteWord([word, ...more].join(' '))} is no receipt's id`;
      return {
        kind: 'refused',
        refusal: { code: 'usage', text: `${what}: r- and 8 digits, as in receipt r-0412aa07.` },
      };
    }
    const incidentId = await ledger.ofReceipt(id.data);
    const entries = incidentId === undefined ? [] : await ledger.entries(incidentId);
    const incident = incidentOf(entries);
    const execution = incident?.executions.find((one) => one.receipt === id.data);
    if (execution === undefined)
      return { kind: 'refused', refusal: { code: 'receipt_unknown', text: `No receipt is called ${id.data}.` } };
    const { finished } = execution;
    if (finished === undefined)
      return {
        kind: 'said',
        lines: [`${id.data} is still running: ${execution.results.length} nodes have ended.`],
        json: { incident: incidentId },
        exit: 0,
      };
    if (verify) return measureNow(finished, incident?.plans.get(execution.plan), context);
    const run = runOf(entries, finished.id);
    const { sealed } = execution;
    const lines = receiptLines(finished, sealed);
    const whole = [...lines, ...runLines(finished, run)];
    return {
      kind: 'said',
      lines: context.place === undefined ? whole : lines,
      json: { receipt: receiptJson(finished, { run, sealed }), incident: incidentId },
      file: {
        name: `receipt-${finished.id}.txt`,
        title: `Receipt ${finished.id}, step by step`,
        content: `${whole.join('\n')}\n`,
      },
      exit: 0,
    };
  },
};

/** Looks at what the receipt changed with the checks that judged it then: what is found now is different from what it left. */
async function measureNow(
  { id, targets }: Receipt,
  plan: Plan | undefined,
  { ledger, dispatch, inventory, checks, who, newIncidentId, ...context }: CommandContext,
): Promise<Reply> {
  const nodes = targets.map(({ node }) => node).filter((name) => inventory.nodes.some((node) => node.name === name));
  if (plan === undefined || nodes.length === 0) {
    const text = `No node of ${id} is in the inventory any more. Nothing was run.`;
    return { kind: 'refused', refusal: { code: 'node_set_empty', text } };
  }
  const byDefault = checks.filter((check) => check.byDefault !== false).map(({ name }) => name);
  const scope = {
    models: [...new Set(plan.targets.flatMap(({ models }) => models))],
    nodes,
    checks: plan.verify.length === 0 ? byDefault : plan.verify,
  };
  const incident = newIncidentId();
  const place = context.place === undefined ? {} : { place: context.place };
  const text = `receipt ${id} --verify`;
  const beginning = await ledger.append(incident, { kind: 'opened', by: who, text, scope, ...place });
  await dispatch.check({ incident, scope, fresh: true, inventory: inventory.digest });
  return { kind: 'begun', incident, until: 'checked', since: beginning?.id ?? '', view: 'findings' };
}
