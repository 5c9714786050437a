import type { Command } from '../src/contract/command.ts';
import { incidentOf } from '../src/domain/incident.ts';
import { ReceiptId } from '../src/domain/names.ts';
import { quoteWord } from '../src/domain/nearest.ts';
import { outcomeOf } from '../src/domain/receipt.ts';
import { receiptLines } from '../src/domain/receipt-lines.ts';

export const receipt: Command = {
  name: 'receipt',
  summary: 'What was done under a receipt, before and after, and whether it helped',
  usage: 'receipt <id>',
  examples: ['receipt r-0412aa07'],
  right: 'look',
  async handle([word, ...more], { ledger }) {
    const id = ReceiptId.safeParse(word);
    if (!id.success || more.length > 0) {
      const what =
        word === undefined ? 'receipt takes one id' : `${quoteWord([word, ...more].join(' '))} is no receipt's id`;
      return {
        kind: 'refused',
        refusal: { code: 'usage', text: `${what}: r- and 8 digits, as in receipt r-0412aa07.` },
      };
    }
    const incidentId = await ledger.ofReceipt(id.data);
    const incident = incidentId === undefined ? undefined : incidentOf(await ledger.entries(incidentId));
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
    return {
      kind: 'said',
      lines: receiptLines(finished),
      json: { receipt: { ...finished, outcome: outcomeOf(finished) }, incident: incidentId },
      exit: 0,
    };
  },
};
