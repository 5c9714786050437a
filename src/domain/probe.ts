import type { JobName } from './names.ts';

/** The probe that tests whether a model would arrive. */
export const TRANSPORT_PROBE: JobName = 'transport-probes';

/** The probe that loads models on their nodes. */
export const LOAD_PROBE: JobName = 'model-loads';
