import type { Refusal } from '../domain/fault.ts';
import { type Incident, incidentOf } from '../domain/incident.ts';
import { quoteWord } from '../domain/nearest.ts';
import type { Plan } from '../domain/plan.ts';
import type { Ledger } from './ledger.ts';

export type FoundPlan =
  | { readonly ok: true; readonly plan: Plan; readonly incident: Incident }
  | { readonly ok: false; readonly refusal: Refusal };

/** The plan that at least 8 digits name; of several plans with that beginning a person has to name more. The newest incident wins for one plan. */
export async function findPlan(prefix: string | undefined, ledger: Ledger, command: string): Promise<FoundPlan> {
  if (prefix === undefined || prefix.startsWith('-'))
    return refuse('usage', `${command} takes the hash of a plan: ${command} 7c1d93ab. "pending" lists what waits.`);
  if (!/^[0-9a-f]{8,64}$/.test(prefix))
    return refuse(
      'usage',
      `${quoteWord(prefix)} is no plan's hash: it has at least 8 of the digits 0-9 a-f. "pending" lists what waits. Nothing was run.`,
    );
  const matches = await ledger.ofPlan(prefix);
  const hashes = [...new Set(matches.map(({ hash }) => hash))];
  const [newest] = matches;
  if (newest === undefined)
    return refuse('plan_unknown', `No plan begins with ${prefix}. "pending" lists what waits. Nothing was run.`);
  if (hashes.length > 1)
    return refuse(
      'plan_ambiguous',
      `${hashes.length} plans begin with ${prefix}: ${hashes.map((hash) => hash.slice(0, 16)).join(', ')}. Type more digits. Nothing was run.`,
    );
  const incident = incidentOf(await ledger.entries(newest.incident));
  const plan = incident?.plans.get(newest.hash);
  if (incident === undefined || plan === undefined)
    return refuse('plan_unknown', `Plan ${prefix} is not on record any more. Ask for it again.`);
  return { ok: true, plan, incident };
}

function refuse(code: Refusal['code'], text: string): FoundPlan {
  return { ok: false, refusal: { code, text } };
}
