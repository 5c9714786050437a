import type { ExecuteJob } from '../contract/dispatch.ts';
import { type ApprovalCase, refusalOf, type SignedApproval } from '../domain/approval.ts';
import type { Refusal } from '../domain/fault.ts';
import { holdRefusal } from '../domain/hold.ts';
import { incidentOf } from '../domain/incident.ts';
import type { Plan } from '../domain/plan.ts';
import type { Kit } from './kit.ts';
import { overreachOf, unprovedBy } from './own-keys.ts';
import { underStanding } from './under-standing.ts';
import { forbiddenHere } from './within-caps.ts';

/** The worker's half of the pair check: its own hash, its own memory, the public keys it was given in files. */
export async function pairCheck(kit: Kit, { incident, plan, signed, grant }: ExecuteJob): Promise<Refusal | undefined> {
  if (!kit.verifier.valid(signed) || (grant !== undefined && !kit.verifier.validGrant(grant))) {
    return {
      code: 'approval_forged',
      text: 'The approval is not signed by a key that this worker knows. Nothing was run.',
    };
  }
  const { approval } = signed;
  const frozen = await kit.frozen();
  if (frozen !== undefined)
    return { code: 'read_only', text: `This worker changes nothing: ${frozen}. Nothing was run.` };
  const standing = await kit.orders.standing();
  const refusal = refusedHere(kit, plan, signed, {
    standing,
    under: grant === undefined ? undefined : await underStanding(kit, standing, grant.grant),
    changes: await kit.changes.lately(kit.now().getTime()),
    nowMs: kit.now().getTime(),
    used: await kit.journal.begun(approval.request),
  });
  if (refusal !== undefined) return refusal;
  // Said while the job was in the queue; the request is not used up by it, but it has ended.
  const told = incidentOf(await kit.ledger.entries(incident));
  const held = told === undefined ? undefined : holdRefusal(told, kit.now());
  if (held !== undefined) return held;
  if (await kit.journal.begin(approval.request)) return undefined;
  return { code: 'request_used', text: 'This request has run already. Ask for a new plan to run it again.' };
}

/** Why this worker, by its own keys, ceilings and rules, does not let an approval that is signed well count for a plan. */
export function refusedHere(
  kit: Pick<Kit, 'cluster' | 'policy' | 'ownKeys' | 'ceilings'>,
  plan: Plan,
  { key, approval }: SignedApproval,
  around: Omit<ApprovalCase, 'cluster' | 'plan' | 'approval' | 'policy'>,
): Refusal | undefined {
  return (
    overreachOf(key, approval) ??
    unprovedBy(approval, kit.ownKeys) ??
    forbiddenHere(kit, plan) ??
    refusalOf({ ...around, cluster: kit.cluster, plan, approval, policy: kit.policy() })
  );
}
