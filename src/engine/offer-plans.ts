import type { Causes } from '../contract/causes.ts';
import type { ApprovalDesk } from '../contract/command.ts';
import type { Ledger } from '../contract/ledger.ts';
import type { Entry, EventOf } from '../domain/entry.ts';
import { incidentOf } from '../domain/incident.ts';
import type { ReceiptId } from '../domain/names.ts';
import { hashPlan, type Plan } from '../domain/plan.ts';
import { count } from '../domain/wording.ts';

const WEEK_MS = 7 * 24 * 3_600_000;
/** The so manyeth time within a week the same repair for the same cause is no cure. */
const TIMES = 3;
const RECEIPTS_MAX = 5;

type Offering = {
  readonly ledger: Pick<Ledger, 'append' | 'entries'>;
  readonly desk: Pick<ApprovalDesk, 'request'>;
  readonly causes: Pick<Causes, 'repaired' | 'repairs'>;
  readonly now: () => Date;
};

/** Puts plans up for approval, once, whoever made them. One whose repair was needed for the same cause twice within the week is told with its history instead, unless it was asked for in spite of it. */
export async function offerPlans(
  { id, incident, event }: Pick<Entry, 'id' | 'incident'> & { readonly event: EventOf<'planned'> },
  offering: Offering,
): Promise<void> {
  const { desk, ledger } = offering;
  if (event.dry === true) return;
  for (const plan of event.plans) {
    const hash = hashPlan(plan);
    const before = event.anyway === true ? [] : await repairsOf(plan, offering);
    if (before.length >= TIMES - 1) {
      await ledger.append(incident, recursEvent(plan, before), { once: `recurs:${incident}:${id}:${hash}` });
      continue;
    }
    await desk.request({ incident, plan, requester: event.by, once: `prompt:${incident}:${id}:${hash}` });
  }
}

/** Remembers what a receipt has cured, so that the same cause is known when it comes back. */
export async function rememberRepairs(
  { incident, event }: Pick<Entry, 'incident'> & { readonly event: EventOf<'executed'> },
  { ledger, causes }: Pick<Offering, 'ledger' | 'causes'>,
): Promise<void> {
  const { id, plan: hash, targets, endedAt } = event.receipt;
  const plan = incidentOf(await ledger.entries(incident))?.plans.get(hash);
  if (plan === undefined) return;
  const helped = new Set(targets.flatMap(({ node, outcome }) => (outcome === 'verified' ? [node] : [])));
  const cured = plan.targets.filter(({ node }) => helped.has(node)).flatMap(({ cures }) => cures);
  for (const finding of new Set(cured)) await causes.repaired(keyOf(plan, finding), id, Date.parse(endedAt));
}

type Past = { readonly receipt: ReceiptId; readonly atMs: number };

/** Receipts of the last week of the same repair for a finding that this plan is to cure, oldest first: of the finding that came back most often. */
async function repairsOf(plan: Plan, { causes, now }: Offering): Promise<readonly Past[]> {
  const cures = new Set(plan.targets.flatMap((target) => target.cures));
  let most: readonly Past[] = [];
  for (const finding of cures) {
    const past = await causes.repairs(keyOf(plan, finding), now().getTime() - WEEK_MS);
    if (past.length > most.length) most = past;
  }
  return most;
}

function keyOf({ repair }: Plan, finding: string): string {
  return `${repair} ${finding}`;
}

function recursEvent({ repair, summary, ...plan }: Plan, past: readonly Past[]): EventOf<'recurs'> {
  const shown = past.slice(-RECEIPTS_MAX);
  const history = shown
    .map(({ receipt, atMs }) => `${receipt} on ${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`)
    .join(', ');
  const text = `"${summary}" would be the ${ordinal(past.length + 1)} time within a week for the same cause (${count(past.length, 'receipt')}: ${history}): it does not last, so it is not offered as the cure.`;
  return {
    kind: 'recurs',
    repair,
    plan: hashPlan({ repair, summary, ...plan }),
    text: text.slice(0, 500),
    receipts: shown.map(({ receipt }) => receipt),
  };
}

function ordinal(number: number): string {
  return number === 3 ? 'third' : `${number}th`;
}
