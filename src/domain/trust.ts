import { z } from 'zod';
import { consoleCommand, fingerprint } from './host-key.ts';
import type { Params, Plan, Step } from './plan.ts';
import { joined } from './wording.ts';

/** The name of the repair that lets a node be known by another host key. */
export const TRUST = 'trust-host';

/** The params of that repair: the last four characters of the fingerprint, as somebody read and typed them. */
export const TrustParams = z.strictObject({
  typed: z
    .string()
    .regex(/^[A-Za-z0-9+/]{4}$/)
    .optional(),
});
export type TrustParams = z.infer<typeof TrustParams>;

/** Whether whoever asked has typed the end of the fingerprint; the repair has made sure that it is right and enough for that node. */
export function isTyped({ repair, params }: { readonly repair: string; readonly params: Params }): boolean {
  return repair === TRUST && params['typed'] !== undefined;
}

type TrustStep = Extract<Step, { kind: 'trust' }>;

/** What people have to compare before they let a host key count: new and old fingerprint, who showed it, and how to read it on the host. */
export function trustLines(plan: Pick<Plan, 'targets' | 'params'>): string[] {
  return plan.targets.flatMap(({ node, steps }) =>
    steps.flatMap((step) => (step.kind === 'trust' ? linesOf(node, step, plan.params['typed'] !== undefined) : [])),
  );
}

function linesOf(node: string, { key, withdrawn, shownAt, silentAt, ephemeral }: TrustStep, typed: boolean): string[] {
  const shown = fingerprint(key);
  const both = shownAt.length > 1 ? 'both addresses show the same key' : `shown at ${joined(shownAt)}`;
  const silent = silentAt.length === 0 ? '' : `; ${joined(silentAt)} did not answer, so it is not compared`;
  const before =
    withdrawn.length === 0
      ? 'old key  none: the node was not known'
      : `old key  ${joined(withdrawn.map((old) => `${fingerprint(old)} (${old.type})`))}, refused for ever from then on`;
  return [
    `new key  ${shown} (${key.type}), ${both}${silent}`,
    before,
    `read it at the provider's console of ${node} and compare: ${consoleCommand(key)}`,
    ...(ephemeral && !typed
      ? [
          `${node} is ephemeral: who reads it there can do without another person: trust ${node} <the last four characters>`,
        ]
      : []),
  ];
}

/** What a step does that lets a host key count. */
export function trustWords({ key, withdrawn }: TrustStep): string {
  const old = withdrawn.length === 0 ? '' : `, and refuses ${joined(withdrawn.map(fingerprint))}`;
  return `known_hosts of every worker takes ${fingerprint(key)}${old}`;
}
