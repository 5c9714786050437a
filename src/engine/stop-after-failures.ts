import type { ReceiptId } from '../domain/names.ts';
import type { TargetResult } from '../domain/receipt.ts';
import { unverifiedLately } from '../domain/standing.ts';
import type { Kit } from './kit.ts';

/** Begins the detail of a change that ran and did not help. */
export const UNVERIFIED = 'verification failed';

/** Makes the cluster read-only when changes keep failing their own check, and says so; repairing on would only do more harm. */
export async function stopAfterFailures(
  { orders, unverifiedMax, now }: Pick<Kit, 'orders' | 'unverifiedMax' | 'now'>,
  receipt: ReceiptId,
  results: readonly TargetResult[],
): Promise<string | undefined> {
  const failed = results.filter(({ detail }) => detail.startsWith(UNVERIFIED));
  const at = now().toISOString();
  for (const { node } of failed) await orders.append({ kind: 'unverified', at, receipt, node });
  if (failed.length === 0 || unverifiedMax === 0) return undefined;
  const standing = await orders.standing();
  const lately = unverifiedLately(standing, now().getTime());
  if (standing.readonly !== undefined || lately < unverifiedMax) return undefined;
  const reason = `${lately} verifications failed within an hour`;
  await orders.append({ kind: 'readonly', on: true, by: 'alert:worker', at, reason });
  return `medic is read-only now: ${reason}. An approver lifts it with "readonly off <reason>" when the cause is known.`;
}
