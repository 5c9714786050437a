import type { Agenda } from '../contract/agenda.ts';
import type { CheckJob, Dispatch } from '../contract/dispatch.ts';
import type { Ledger } from '../contract/ledger.ts';

const MINUTE_MS = 60_000;

/** What a look that nobody asked for needs: all of them share one budget. */
export type LookBudget = {
  readonly ledger: Pick<Ledger, 'append'>;
  readonly dispatch: Pick<Dispatch, 'check'>;
  readonly agenda: Agenda;
  readonly limits: {
    /** Looks that may begin by themselves in a minute. */
    readonly looksPerMinute: number;
  };
  readonly now: () => Date;
};

/** Asks for a look that no person asked for. Beyond the budget it waits for its turn, one an incident, and that is written down. */
export async function askLook(job: CheckJob, budget: LookBudget): Promise<void> {
  const { ledger, dispatch, agenda } = budget;
  if ((await agenda.queued()).length === 0 && (await hasTurn(budget))) return dispatch.check(job);
  if (await agenda.queue(job)) await ledger.append(job.incident, { kind: 'look_waits' });
}

/** Begins the looks that wait, as far as there are turns. */
export async function beginQueued(budget: LookBudget): Promise<void> {
  const { dispatch, agenda } = budget;
  for (const job of await agenda.queued()) {
    if (!(await hasTurn(budget))) return;
    // Twice is harmless, never is not: it leaves the row when the queue has it.
    await dispatch.check(job);
    await agenda.unqueue(job.incident);
  }
}

function hasTurn({ agenda, limits, now }: LookBudget): Promise<boolean> {
  return agenda.takeTurn(Math.floor(now().getTime() / MINUTE_MS), limits.looksPerMinute);
}
