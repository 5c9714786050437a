import type { EventOf } from './entry.ts';
import type { Instant, PersonId } from './names.ts';
import { hashPlan, type PlanHash } from './plan.ts';

/** One answer to a wish for a repair: what can be planned, and what was refused with its reason. Both empty: nothing to do. */
export type Planning = {
  readonly id: string;
  readonly at: Instant;
  readonly by: PersonId;
  readonly plans: readonly PlanHash[];
  /** They are only named. */
  readonly dry: boolean;
  readonly refusals: EventOf<'planned'>['refusals'];
  readonly wish: EventOf<'planned'>['wish'];
};

/** What one planning came to. */
export function planningOf(
  id: string,
  at: Instant,
  { by, plans, refusals, wish, dry = false }: EventOf<'planned'>,
): Planning {
  return { id, at, by, plans: plans.map(hashPlan), dry, refusals, wish };
}
