import { z } from 'zod';
import { FileName, ModelName } from './names.ts';

/** A model and the two names it has in a models folder. */
export const Model = z.strictObject({ name: ModelName, canonical: FileName, alias: FileName });
export type Model = z.infer<typeof Model>;

/** The cluster's own loader calls anything shorter invalid (bytes). */
export const MODEL_BYTES_MIN = 1_000_000;
