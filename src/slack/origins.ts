import { z } from 'zod';
import { IncidentId, RequestId } from '../domain/names.ts';

const where = { channel: z.string(), threadTs: z.string().optional() };

/** Where a modal about a request was opened from, kept in its private metadata, so that an answer finds its way back. */
export const RequestOrigin = z.strictObject({ request: RequestId, ...where });
export type RequestOrigin = z.infer<typeof RequestOrigin>;

/** The same for a modal about an incident. */
export const IncidentOrigin = z.strictObject({ incident: IncidentId, ...where });
export type IncidentOrigin = z.infer<typeof IncidentOrigin>;

/** Reads what a modal brought back; undefined when it is not ours. */
export function originIn<T>(schema: z.ZodType<T>, metadata: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(metadata)).data;
  } catch {
    return undefined;
  }
}
