/** The lease of the one bot that tells and tends. */
export const LEADER = 'leader';

/** One change per key at a time, among all workers on one Redis. */
export type Leases = {
  /** False when somebody else holds it. The lease ends by itself `ttlMs` after the last renewal; holding renews it. */
  acquire(key: string, owner: string, ttlMs: number): Promise<boolean>;
  release(key: string, owner: string): Promise<void>;
  held(key: string): Promise<boolean>;
};
