import { z } from 'zod';
import type { Finding } from './finding.ts';
import { foldNames } from './fold-names.ts';
import { Instant, ModelName, NodeName, PersonId } from './names.ts';
import { joined } from './wording.ts';

/** Id of a silence: `s-` and 8 hex digits. */
export const SilenceId = z.string().regex(/^s-[0-9a-f]{8}$/);
export type SilenceId = z.infer<typeof SilenceId>;

/** What nobody is told of until then: what is about these models (none named: any) on these nodes (none named: any). */
export const Silence = z.strictObject({
  id: SilenceId,
  by: PersonId,
  at: Instant,
  until: Instant,
  models: z.array(ModelName),
  nodes: z.array(NodeName),
  reason: z.string().max(300),
});
export type Silence = z.infer<typeof Silence>;

/** Whether a silence holds at this moment. */
export function isSilent({ until }: Silence, nowMs: number): boolean {
  return Date.parse(until) > nowMs;
}

function covers({ models, nodes }: Silence, { node, model }: Pick<Finding, 'node' | 'model'>): boolean {
  const isNode = nodes.length === 0 || nodes.includes(node);
  const isModel = models.length === 0 || (model !== undefined && models.includes(model));
  return isNode && isModel;
}

/** Until when nobody is to be told of an incident, and the silence that ends then: everything that is wrong in it is covered; undefined: something is not. */
export function silentUntil(
  silences: readonly Silence[],
  {
    findings,
    scope,
  }: {
    readonly findings: readonly Pick<Finding, 'node' | 'model'>[];
    readonly scope: { readonly models: readonly ModelName[]; readonly nodes: readonly NodeName[] };
  },
  nowMs: number,
): Silence | undefined {
  const standing = silences.filter((one) => isSilent(one, nowMs));
  // Where no look has found anything, the models that the alert was about are all there is to go by.
  const things: readonly Pick<Finding, 'node' | 'model'>[] =
    findings.length > 0 ? findings : scope.models.flatMap((model) => scope.nodes.map((node) => ({ node, model })));
  const ends = things.map((thing) => {
    const covering = standing.filter((one) => covers(one, thing));
    return covering.toSorted(byEnd).at(-1);
  });
  return ends.some((end) => end === undefined) ? undefined : ends.flatMap((end) => end ?? []).toSorted(byEnd)[0];
}

function byEnd(a: Silence, b: Silence): number {
  return Date.parse(a.until) - Date.parse(b.until);
}

/** What is silent, until when, by whom and why, in a sentence. */
export function silenceWords(silence: Silence): string {
  const { id, by, until, reason } = silence;
  return `Nobody is told of ${silentThings(silence)} until ${until.slice(0, 16).replace('T', ' ')} UTC, by ${by}${reason === '' ? '' : `: ${reason}`} (${id}).`;
}

/** `hex8_2p on vast-[1-3]`. */
export function silentThings({ models, nodes }: Silence): string {
  const what = models.length === 0 ? 'anything' : joined(models);
  return nodes.length === 0 ? what : `${what} on ${foldNames(nodes)}`;
}
