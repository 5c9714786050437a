import { z } from 'zod';
import { TransportName } from './plan.ts';

/** The params of the repair `distribute`. */
export const DistributeParams = z.strictObject({
  /** Exactly these ways of sending; absent: the usual ones in their order. */
  transports: z.array(TransportName).min(1).optional(),
  /** Also to nodes that have the model already, and over regular files in the place of an alias. */
  force: z.boolean(),
});
export type DistributeParams = z.infer<typeof DistributeParams>;
