import { z } from 'zod';

/** Where a request stands. */
export const PromptState = z.enum([
  'waiting',
  'authorized',
  'running',
  'executed',
  'rejected',
  'withdrawn',
  'expired',
  'superseded',
  'stale',
  'refused',
]);
export type PromptState = z.infer<typeof PromptState>;
