import type { JobName } from './names.ts';

/** The probe that loads models on their nodes. */
export const LOAD_PROBE: JobName = 'model-loads';
