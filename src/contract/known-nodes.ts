import type { KnownNode } from '../domain/inventory-changes.ts';

/** The nodes that were in the inventory when it was last looked at; kept over restarts. */
export type KnownNodes = {
  /** undefined: nobody has written any down yet. */
  get(): Promise<readonly KnownNode[] | undefined>;
  set(nodes: readonly KnownNode[]): Promise<void>;
};
