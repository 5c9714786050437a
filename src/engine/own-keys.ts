import type { OwnKeys } from '../contract/signing.ts';
import type { Approval } from '../domain/approval.ts';
import type { Refusal } from '../domain/fault.ts';

/** Why an approval does not count although it is signed: somebody in it has a key of their own, and it did not sign this. Asked by the desk and again by the worker. */
export function unprovedBy(
  { cluster, plan, request, approvers, proofs }: Approval,
  keys: OwnKeys | undefined,
): Refusal | undefined {
  const unproved = approvers.find(
    (by) => by.startsWith('key:') && keys?.proved({ cluster, plan, request, by }, proofs?.[by] ?? '') !== true,
  );
  if (unproved === undefined) return undefined;
  return forged(`The yes of ${unproved} is not signed by their key in medic.yaml.`);
}

/** Why this signer may not sign this approval: a person's own key speaks for people with such keys alone, never for anybody of Slack. */
export function overreachOf(signer: string, { approvers, requester }: Approval): Refusal | undefined {
  if (!signer.startsWith('key:')) return undefined;
  const other = approvers.find((person) => !person.startsWith('key:'));
  return other === undefined
    ? undefined
    : forged(`${signer} cannot speak for ${other}, who approved what ${requester} asked for.`);
}

function forged(text: string): Refusal {
  return { code: 'approval_forged', text: `${text} Nothing was run.` };
}
