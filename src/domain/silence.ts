import { z } from 'zod';
import { MEDIC } from './asker.ts';
import type { Finding } from './finding.ts';
import { foldNames } from './fold-names.ts';
import { Instant, ModelName, NodeName, PersonId } from './names.ts';
import { count, joined } from './wording.ts';

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
  /** Only these findings, by id, wherever they are; absent: everything there. */
  findings: z.array(z.string()).max(5_000).optional(),
  reason: z.string().max(300),
});
export type Silence = z.infer<typeof Silence>;

const OBSERVED_ANEW_MS = 15 * 60_000;

/** Where medic only observes nobody is told of anything: a silence that is renewed as long as that is so. */
export function whileObserving(mode: 'act' | 'observe', nowMs: number): Silence[] {
  if (mode === 'act') return [];
  const [at, until] = [nowMs, nowMs + OBSERVED_ANEW_MS].map((ms) => new Date(ms).toISOString());
  if (at === undefined || until === undefined) return [];
  return [{ id: 's-00000000', by: MEDIC, at, until, models: [], nodes: [], reason: 'mode: observe in medic.yaml' }];
}

/** Whether a silence holds at this moment. */
export function isSilent({ until }: Silence, nowMs: number): boolean {
  return Date.parse(until) > nowMs;
}

type Thing = Pick<Finding, 'node' | 'model'> & { readonly id?: string };

function covers({ models, nodes, findings }: Silence, { id, node, model }: Thing): boolean {
  if (findings !== undefined && (id === undefined || !findings.includes(id))) return false;
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
    readonly findings: readonly Thing[];
    readonly scope: { readonly models: readonly ModelName[]; readonly nodes: readonly NodeName[] };
  },
  nowMs: number,
): Silence | undefined {
  const standing = silences.filter((one) => isSilent(one, nowMs));
  // Where no look has found anything, the models that the alert was about are all there is to go by.
  const things: readonly Thing[] =
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
export function silentThings({ models, nodes, findings }: Silence): string {
  if (findings !== undefined) return `${count(findings.length, 'known finding')}`;
  const what = models.length === 0 ? 'anything' : joined(models);
  return nodes.length === 0 ? what : `${what} on ${foldNames(nodes)}`;
}
