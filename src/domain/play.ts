import type { JobName } from './names.ts';

/** The check that tells which processes hold which bytes of a model. */
export const PLAY_CHECK: JobName = 'model-play';
