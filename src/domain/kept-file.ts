import { z } from 'zod';
import { FileName, ModelName, NodeName, ReceiptId } from './names.ts';

/**
 * `kept`: stays for now. `expired`: may be deleted by a plan. `last_good`: the newest file of its model that was ever on record and is not in place
 * there, which stays whatever its age. `strange`: of no model that was asked about, so nobody knows what it is worth, and it stays.
 */
export const KeptState = z.enum(['kept', 'expired', 'last_good', 'strange']);
export type KeptState = z.infer<typeof KeptState>;

/** What one receipt keeps of one name on one node. */
export const KeptFile = z.strictObject({
  node: NodeName,
  receipt: ReceiptId,
  /** The name that it had in the models folder. */
  name: FileName,
  model: ModelName.optional(),
  bytes: z.int().min(0),
  /** What deleting it frees: nothing, while the same bytes have another name too. */
  frees: z.int().min(0),
  ageS: z.int(),
  state: KeptState,
  why: z.string().max(200),
});
export type KeptFile = z.infer<typeof KeptFile>;
