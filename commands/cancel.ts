import type { Command, CommandContext, Reply } from '../src/contract/command.ts';
import type { Refusal } from '../src/domain/fault.ts';
import { type Incident, incidentOf } from '../src/domain/incident.ts';
import { IncidentId, ReceiptId } from '../src/domain/names.ts';
import { quoteWord } from '../src/domain/nearest.ts';
import { count, joined, shortHash } from '../src/domain/wording.ts';

export const cancel: Command = {
  name: 'cancel',
  topic: 'repair',
  summary: 'End a running change early, or withdraw what waits for approval',
  usage: 'cancel <receipt|incident>',
  examples: ['cancel r-0412aa07', 'cancel i-0412aa07'],
  right: 'operate',
  async handle([word, ...more], context) {
    const wanted = word ?? context.incident;
    const receipt = ReceiptId.safeParse(wanted);
    const incident = IncidentId.safeParse(wanted);
    if (more.length > 0 || (!receipt.success && !incident.success)) {
      const what =
        wanted === undefined
          ? 'cancel takes one id'
          : `${quoteWord([wanted, ...more].join(' '))} is no id of a receipt or incident`;
      return refused({ code: 'usage', text: `${what}: as in cancel r-0412aa07 or cancel i-0412aa07.` });
    }
    const id = receipt.success ? await context.ledger.ofReceipt(receipt.data) : incident.data;
    const found = id === undefined ? undefined : incidentOf(await context.ledger.entries(id));
    if (found === undefined) {
      const code = receipt.success ? 'receipt_unknown' : 'incident_unknown';
      return refused({ code, text: `${wanted} is not known here.` });
    }
    return end(found, receipt.success ? receipt.data : undefined, context);
  },
};

/** Ends what runs in the incident and withdraws what waits there; of a receipt only that one. */
async function end(
  incident: Incident,
  only: ReceiptId | undefined,
  { ledger, desk, who }: CommandContext,
): Promise<Reply> {
  const running = incident.executions.filter(
    ({ receipt, finished }) => finished === undefined && (only === undefined || receipt === only),
  );
  const waiting = only === undefined ? incident.prompts.filter(({ state }) => state === 'waiting') : [];
  for (const { receipt } of running) await ledger.append(incident.id, { kind: 'cancel_requested', receipt, by: who });
  const lines: string[] = [];
  if (running.length > 0) {
    const receipts = joined(running.map(({ receipt }) => receipt));
    lines.push(
      `Cancelling ${receipts}: what runs now ends or is taken back, nothing more is begun. The receipt says what was done.`,
    );
  }
  for (const { request, plan } of waiting) {
    const decision = await desk.withdraw(request, who, 'it is not wanted any more');
    if (decision.kind === 'refused') return refused(decision.refusal);
    lines.push(`Plan ${shortHash(plan)} is withdrawn. Nothing was run.`);
  }
  if (lines.length > 0) return { kind: 'said', lines, json: { incident: incident.id }, exit: 0 };
  const ended = incident.executions.length;
  const text =
    only === undefined
      ? `Nothing runs or waits in ${incident.id}: ${count(ended, 'change')} ${ended === 1 ? 'has' : 'have'} ended.`
      : `${only} has ended already. rollback ${only} plans the way back.`;
  return refused({ code: 'plan_ended', text });
}

function refused(refusal: Refusal): Reply {
  return { kind: 'refused', refusal };
}
