import type { Approval, Yes } from './approval.ts';
import type { PersonId } from './names.ts';
import { membershipsOf, type Policy } from './policy.ts';

/** What an approval says of how its people said yes: where, proved by which key, members of which groups, and who broke the glass. Absent parts have nothing to say. */
export function howApproved(
  {
    approvedBy,
    yeses = [],
  }: { readonly approvedBy: readonly PersonId[]; readonly yeses?: readonly (Yes & { readonly by: PersonId })[] },
  policy: Policy,
): Pick<Approval, 'channels' | 'proofs' | 'members' | 'breakGlass'> {
  const channels = yeses.flatMap(({ by, channel }) => (channel === undefined ? [] : [[by, channel] as const]));
  const proofs = yeses.flatMap(({ by, proof }) => (proof === undefined ? [] : [[by, proof] as const]));
  const members = membershipsOf(policy, approvedBy);
  const glass = yeses.find(({ breakGlass }) => breakGlass !== undefined);
  return {
    ...(channels.length === 0 ? {} : { channels: Object.fromEntries(channels) }),
    ...(proofs.length === 0 ? {} : { proofs: Object.fromEntries(proofs) }),
    ...(Object.keys(members).length === 0 ? {} : { members }),
    ...(glass?.breakGlass === undefined ? {} : { breakGlass: { by: glass.by, reason: glass.breakGlass } }),
  };
}
