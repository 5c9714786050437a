import { incidentOf } from '../domain/incident.ts';
import { ReceiptId } from '../domain/names.ts';
import { hashPlan, type Target } from '../domain/plan.ts';
import type { TargetOutcome } from '../domain/receipt.ts';
import { wayBackText } from '../domain/way-back.ts';
import { outcomeWords } from '../domain/wording.ts';
import { act, type Hands, type StepResult } from './hands.ts';
import type { Kit } from './kit.ts';

const LEASE_S = 1_800;
const TIMEOUT_MS = 20_000;

/**
 * Takes the node's own lease, so that no second installation changes it meanwhile. A folder that does not exist yet has none. What an
 * execution of ours kept because the node went away under it is given back first: it has ended, and nobody else would come for it.
 */
export async function takeNodeLease(hands: Hands, folder: string, target: Target): Promise<StepResult> {
  const { argvs, now } = hands.kit;
  const { receipt, plan } = hands.execution;
  const journal = wayBackText({ receipt, plan: hashPlan(plan), at: now().toISOString(), target });
  const take = () => act(hands, argvs.takeLease(folder, receipt, LEASE_S, journal), TIMEOUT_MS);
  const first = await take();
  const holder = ReceiptId.safeParse(/^(\S+) holds the lease/.exec(first.detail)?.[1]);
  if (first.kind !== 'failed' || !holder.success || !(await hasEnded(hands.kit, holder.data))) return first;
  await act(hands, argvs.dropLease(folder, holder.data, ''), TIMEOUT_MS);
  return take();
}

/** Gives the lease back, and with it what scripts that were killed under it left; the journal says how it ended. */
export async function dropNodeLease(hands: Hands, folder: string, outcome: TargetOutcome | undefined): Promise<void> {
  const argv = hands.kit.argvs.dropLease(folder, hands.execution.receipt, overWords(outcome));
  const result = await act(hands, argv, TIMEOUT_MS);
  if (result.kind !== 'done')
    hands.kit.logger.warn(
      { node: hands.node.name, detail: result.detail },
      'could not drop the lease on the node; whoever takes it next gives it back',
    );
}

/** Words for the journal on the node; empty while a person has to look. */
export function overWords(outcome: TargetOutcome | undefined): string {
  return outcome === undefined || outcome === 'stuck' || outcome === 'lost' ? '' : outcomeWords[outcome];
}

async function hasEnded({ ledger }: Pick<Kit, 'ledger'>, receipt: ReceiptId): Promise<boolean> {
  const incident = await ledger.ofReceipt(receipt);
  const executions = incident === undefined ? [] : (incidentOf(await ledger.entries(incident))?.executions ?? []);
  return executions.some((one) => one.receipt === receipt && one.finished !== undefined);
}
