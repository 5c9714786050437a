import type { Agenda } from '../contract/agenda.ts';
import type { Dispatch, UnaskedLook } from '../contract/dispatch.ts';
import type { Ledger } from '../contract/ledger.ts';

const MINUTE_MS = 60_000;

/** What a look that nobody asked for needs: all of them share one budget. */
export type LookBudget = {
  readonly ledger: Pick<Ledger, 'append'>;
  readonly dispatch: Pick<Dispatch, 'check' | 'plan'>;
  readonly agenda: Agenda;
  readonly limits: {
    /** Looks that may begin by themselves in a minute. */
    readonly looksPerMinute: number;
  };
  readonly now: () => Date;
};

/** Asks for a look that no person asked for, with plans or without. Beyond the budget it waits for its turn; a look whose findings nobody knows yet is written down as waiting. */
export async function askLook(job: UnaskedLook, budget: LookBudget): Promise<void> {
  const { ledger, dispatch, agenda } = budget;
  if ((await agenda.queued()).length === 0 && (await hasTurn(budget))) return begin(job, dispatch);
  if ((await agenda.queue(job)) && !('by' in job)) await ledger.append(job.incident, { kind: 'look_waits' });
}

function begin(job: UnaskedLook, dispatch: LookBudget['dispatch']): Promise<void> {
  return 'by' in job ? dispatch.plan(job) : dispatch.check(job);
}

/** Begins the looks that wait, as far as there are turns. */
export async function beginQueued(budget: LookBudget): Promise<void> {
  const { dispatch, agenda } = budget;
  for (const job of await agenda.queued()) {
    if (!(await hasTurn(budget))) return;
    // Twice is harmless, never is not: it leaves the row when the queue has it.
    await begin(job, dispatch);
    await agenda.unqueue(job);
  }
}

function hasTurn({ agenda, limits, now }: LookBudget): Promise<boolean> {
  return agenda.takeTurn(Math.floor(now().getTime() / MINUTE_MS), limits.looksPerMinute);
}
