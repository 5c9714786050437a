import { z } from 'zod';
import { PersonId } from './names.ts';

/** The params of the repair `pin`. */
export const PinParams = z.strictObject({
  /** `previous`, or at least eight digits of a sha256. */
  to: z.string().regex(/^(?:previous|[0-9a-f]{8,64})$/),
  by: PersonId,
  /** Why, in the words of who asked. */
  reason: z.string().max(500).optional(),
  /** Also to the nodes, not only to the coordinator and the record. */
  everywhere: z.boolean(),
});
export type PinParams = z.infer<typeof PinParams>;
