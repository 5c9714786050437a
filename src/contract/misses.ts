import type { Miss } from '../domain/miss.ts';
import type { NodeName } from '../domain/names.ts';

/** How often in a row each node gave the scheduled looks no answer; shared by all processes and kept over restarts. */
export type Misses = {
  /** Only nodes that did not answer last time are in it. */
  all(): Promise<ReadonlyMap<NodeName, Miss>>;
  /** Writes down what became of these nodes; undefined: it answered. */
  set(nodes: ReadonlyMap<NodeName, Miss | undefined>): Promise<void>;
};

/** When the list of nodes that are probably gone was made last; kept over restarts. */
export type GoneListTime = { get(): Promise<string | undefined>; set(at: string): Promise<void> };
