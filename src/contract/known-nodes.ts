import type { NodeName } from '../domain/names.ts';

/** The names of nodes that were in the inventory when it was last looked at; kept over restarts. */
export type KnownNodes = {
  /** undefined: nobody has written any down yet. */
  get(): Promise<readonly NodeName[] | undefined>;
  set(names: readonly NodeName[]): Promise<void>;
};
