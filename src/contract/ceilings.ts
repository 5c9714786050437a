import type { Ceilings } from '../domain/ceilings.ts';
import type { PlacedFault } from './inventory.ts';

/** What a file of ceilings says, or every fault of it with its place. */
export type CeilingsRead =
  | { readonly ok: true; readonly ceilings: Ceilings }
  | { readonly ok: false; readonly faults: readonly PlacedFault[] };
