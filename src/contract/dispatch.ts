import type { SignedApproval } from '../domain/approval.ts';
import type { Sha256 } from '../domain/digest.ts';
import type { Scope, Wish } from '../domain/entry.ts';
import type { SignedGrant } from '../domain/envelope.ts';
import type { IncidentId, Instant, PersonId } from '../domain/names.ts';
import type { Plan } from '../domain/plan.ts';

/** A look at nodes; may be tried again. */
export type CheckJob = {
  readonly incident: IncidentId;
  readonly scope: Scope;
  readonly fresh: boolean;
  readonly inventory: Sha256;
  /** How far back the daemon's failures count; absent: as medic.yaml says. */
  readonly windowMinutes?: number;
  /** When the promotion was told that this look follows. */
  readonly promotedAt?: Instant;
};
/** A look followed by plans for what was found, or for the one change that was wished for. `inventory` is the digest of the file the names were taken from. */
export type PlanJob = {
  readonly incident: IncidentId;
  readonly scope: Scope;
  readonly by: PersonId;
  readonly inventory: Sha256;
  /** Although the same repair did not last before. */
  readonly anyway?: true;
  /** The plans are only named: nobody is asked to approve them. */
  readonly dry?: true;
  /** Absent: the repairs of what is found. */
  readonly wish?: Wish;
  /** The queue takes it once under this name. */
  readonly once?: string;
};
/** A look that nobody asked for, with plans or without. */
export type UnaskedLook = CheckJob | PlanJob;
/** An approved change; runs at most once, whatever happens to the queue. */
export type ExecuteJob = {
  readonly incident: IncidentId;
  readonly plan: Plan;
  readonly signed: SignedApproval;
  /** The standing approval that it was taken from. */
  readonly grant?: SignedGrant | undefined;
};

/** Hands work to the workers; what comes of it is in the ledger. Resolves when the queue has it. */
export type Dispatch = {
  check(job: CheckJob): Promise<void>;
  plan(job: PlanJob): Promise<void>;
  execute(job: ExecuteJob): Promise<void>;
};

/** How much lies in one queue, and how long what waits has waited (ms; 0: nothing does). */
export type QueueDepth = {
  readonly queue: string;
  readonly jobs: Readonly<Record<'waiting' | 'active' | 'delayed' | 'failed', number>>;
  readonly oldestMs: number;
};
