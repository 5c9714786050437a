import type { Order, Standing } from '../domain/standing.ts';

/** Orders that hold for the whole cluster: locks and the read-only switch. Shared by all processes and kept over restarts. */
export type Orders = {
  /** Durable when it resolves. */
  append(order: Order): Promise<void>;
  /** What all orders so far add up to; read anew each time, because another process may just have locked something. */
  standing(): Promise<Standing>;
};
