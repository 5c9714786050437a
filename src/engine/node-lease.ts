import { incidentOf } from '../domain/incident.ts';
import { ReceiptId } from '../domain/names.ts';
import type { Kit } from './kit.ts';
import { act, type Hands, type StepResult } from './run-step.ts';

const LEASE_S = 1_800;
const TIMEOUT_MS = 20_000;

/**
 * Takes the node's own lease, so that no second installation changes it meanwhile. A folder that does not exist yet has none. What an
 * execution of ours kept because the node went away under it is given back first: it has ended, and nobody else would come for it.
 */
export async function takeNodeLease(hands: Hands, folder: string): Promise<StepResult> {
  const { argvs } = hands.kit;
  const take = () => act(hands, argvs.takeLease(folder, hands.execution.receipt, LEASE_S), TIMEOUT_MS);
  const first = await take();
  const holder = ReceiptId.safeParse(/^(\S+) holds the lease/.exec(first.detail)?.[1]);
  if (first.kind !== 'failed' || !holder.success || !(await hasEnded(hands.kit, holder.data))) return first;
  await act(hands, argvs.dropLease(folder, holder.data), TIMEOUT_MS);
  return take();
}

/** Gives the lease back, and with it what scripts that were killed under it left. */
export async function dropNodeLease(hands: Hands, folder: string): Promise<void> {
  const result = await act(hands, hands.kit.argvs.dropLease(folder, hands.execution.receipt), TIMEOUT_MS);
  if (result.kind !== 'done')
    hands.kit.logger.warn(
      { node: hands.node.name, detail: result.detail },
      'could not drop the lease on the node; whoever takes it next gives it back',
    );
}

async function hasEnded({ ledger }: Pick<Kit, 'ledger'>, receipt: ReceiptId): Promise<boolean> {
  const incident = await ledger.ofReceipt(receipt);
  const executions = incident === undefined ? [] : (incidentOf(await ledger.entries(incident))?.executions ?? []);
  return executions.some((one) => one.receipt === receipt && one.finished !== undefined);
}
