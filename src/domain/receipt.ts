import { z } from 'zod';
import { IncidentId, Instant, NodeName, PersonId, ReceiptId } from './names.ts';
import { PlanHash } from './plan.ts';

/**
 * How it ended on one node: `verified` (the check is clear), `already_right` (nothing needed doing), `skipped` (the node had moved),
 * `rolled_back` (a step or the verification failed and everything was undone), `stuck` (undo failed too), `lost` (nobody saw how a
 * step ended), `unreachable`, `not_started`.
 */
export const TargetOutcome = z.enum([
  'verified',
  'already_right',
  'skipped',
  'rolled_back',
  'stuck',
  'lost',
  'unreachable',
  'not_started',
]);
export type TargetOutcome = z.infer<typeof TargetOutcome>;

export const TargetResult = z.strictObject({
  node: NodeName,
  outcome: TargetOutcome,
  detail: z.string().max(500),
  /** What the touched names were, a line a name: `ringrift_best_hex8_2p.pth: missing`. */
  before: z.array(z.string()),
  after: z.array(z.string()),
  ms: z.int().min(0),
  /** By which transport files came, and why those before it were left; equal ways once. */
  how: z.array(z.string().max(500)).max(12).optional(),
});
export type TargetResult = z.infer<typeof TargetResult>;

/** What was done and whether it helped. */
export const Receipt = z.strictObject({
  id: ReceiptId,
  incident: IncidentId,
  plan: PlanHash,
  summary: z.string(),
  requester: PersonId,
  approvers: z.array(PersonId),
  /** Who let it run without the approvals that it needed, and why. */
  breakGlass: z.strictObject({ by: PersonId, reason: z.string() }).optional(),
  /** Who ended it early. */
  cancelledBy: PersonId.optional(),
  /** What else this run led to, for people. */
  note: z.string().max(500).optional(),
  startedAt: Instant,
  endedAt: Instant,
  targets: z.array(TargetResult),
});
export type Receipt = z.infer<typeof Receipt>;

export type ReceiptOutcome = 'done' | 'partial' | 'failed';

/** done: every target is right; failed: none is; partial: in between. */
export function outcomeOf(receipt: Pick<Receipt, 'targets'>): ReceiptOutcome {
  const right = receipt.targets.filter(({ outcome }) => outcome === 'verified' || outcome === 'already_right').length;
  if (right === receipt.targets.length) return 'done';
  return right === 0 ? 'failed' : 'partial';
}
