import type { Command } from '../src/contract/command.ts';
import type { Ledger } from '../src/contract/ledger.ts';
import { yesesGiven } from '../src/domain/approval.ts';
import { isUnasked } from '../src/domain/asker.ts';
import { incidentOf } from '../src/domain/incident.ts';
import { count, duration, riskWords, shortHash } from '../src/domain/wording.ts';

/** Incidents that are searched for broken glass, newest first. */
const RECENT = 100;

export const pending: Command = {
  name: 'pending',
  topic: 'decide',
  summary: 'Plans that wait for a decision',
  usage: 'pending',
  examples: ['pending'],
  right: 'look',
  async handle(words, { ledger, desk, policy, now }) {
    if (words.length > 0)
      return { kind: 'refused', refusal: { code: 'usage', text: 'pending takes no words after it.' } };
    await desk.tend();
    const incidents = (await Promise.all((await ledger.pending()).map((id) => ledger.entries(id)))).flatMap(
      (entries) => incidentOf(entries) ?? [],
    );
    const waiting = incidents.flatMap((incident) =>
      incident.prompts.flatMap((prompt) => {
        const plan = incident.plans.get(prompt.plan);
        return prompt.state === 'waiting' && plan !== undefined ? [{ incident, prompt, plan }] : [];
      }),
    );
    const unreviewed = await unreviewedIn(ledger);
    return {
      kind: 'said',
      lines: [
        waiting.length === 0
          ? 'No plan waits for a decision.'
          : `${count(waiting.length, 'plan waits', 'plans wait')} for a decision`,
        ...waiting.map(({ incident, prompt, plan }) => {
          const { requester, approvedBy } = prompt;
          const have = yesesGiven(
            approvedBy.map((person) => ({ person })),
            { requester, plan, policy },
          );
          const left = duration(Date.parse(prompt.notAfter) - now().getTime());
          const approvals =
            prompt.needed > 0
              ? `${have} of ${prompt.needed} approvals`
              : `${isUnasked(requester) ? 'whoever operates' : 'its requester alone'} may approve`;
          return `  ${shortHash(prompt.plan)}  ${plan.summary} · ${riskWords(plan)} · ${approvals} · ${left} left · ${incident.id}`;
        }),
        ...unreviewed.map(
          ({ hash, by, reason }) =>
            `  ${shortHash(hash)}  ${by} broke the glass: ${reason} · "review ${shortHash(hash)}" by another approver`,
        ),
      ],
      json: {
        unreviewed,
        plans: waiting.map(({ incident, prompt, plan }) => ({
          hash: prompt.plan,
          risk: plan.risk,
          summary: plan.summary,
          needed: prompt.needed,
          approvedBy: prompt.approvedBy,
          notAfter: prompt.notAfter,
          incident: incident.id,
          targets: plan.targets.map(({ node, steps }) => ({ node, steps: steps.map(({ title }) => title) })),
        })),
      },
      exit: 0,
    };
  },
};

/** Plans that ran without the approvals they needed and that nobody has reviewed yet. */
async function unreviewedIn(
  ledger: Ledger,
): Promise<{ readonly hash: string; readonly by: string; readonly reason: string }[]> {
  const recent = await Promise.all((await ledger.incidents(RECENT)).map((id) => ledger.entries(id)));
  return recent
    .flatMap((entries) => incidentOf(entries)?.prompts ?? [])
    .flatMap(({ plan, glass, reviewed }) =>
      glass === undefined || reviewed !== undefined ? [] : [{ hash: plan, by: glass.by, reason: glass.reason }],
    );
}
