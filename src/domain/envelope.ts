import { z } from 'zod';
import { CAP_WINDOW_MS, type Change } from './caps.ts';
import { digestOf, type Sha256 } from './digest.ts';
import type { Refusal } from './fault.ts';
import { foldNames } from './fold-names.ts';
import { ClusterName, IncidentId, Instant, ModelName, NodeName, PersonId, RequestId } from './names.ts';
import { type Plan, PlanHash } from './plan.ts';
import { mayDo, type Policy } from './policy.ts';
import { count, joined } from './wording.ts';

/** Id of a standing approval: `e-` and 8 hex digits. */
export const EnvelopeId = z.string().regex(/^e-[0-9a-f]{8}$/);
export type EnvelopeId = z.infer<typeof EnvelopeId>;

/** What a standing approval may ever allow: the recorded digest brought back, or an alias set. */
export const STANDING_REPAIRS = {
  aliases: ['link-aliases'],
  weights: ['resync-model', 'fill-node'],
} as const;
const StandingRepair = z.enum([...STANDING_REPAIRS.aliases, ...STANDING_REPAIRS.weights]);

/** The longest time for which it may be given. */
export const STANDING_MAX_MS = 30 * 24 * 3_600_000;

/** Who plans under standing approvals; no person. */
export const STANDING: PersonId = 'alert:standing';

/** Bounds within which repairs run without asking anybody each time. Names, not patterns: what is meant is settled when it is proposed. */
export const Envelope = z.strictObject({
  id: EnvelopeId,
  cluster: ClusterName,
  by: PersonId,
  at: Instant,
  until: Instant,
  repairs: z.array(StandingRepair).min(1),
  models: z.array(ModelName).min(1),
  nodes: z.array(NodeName).min(1),
  nodesPerPlan: z.int().min(1).max(1_000),
  /** Changes of nodes under it within an hour. */
  perHour: z.int().min(1).max(10_000),
  reason: z.string().max(300),
});
export type Envelope = z.infer<typeof Envelope>;

/** Two people's yes to one envelope. `live: false`: only what it would do is counted. */
export const Grant = z.strictObject({
  kind: z.literal('standing'),
  envelope: Envelope,
  live: z.boolean(),
  approvers: z.array(PersonId).min(2),
});
export type Grant = z.infer<typeof Grant>;

/** A grant and an Ed25519 signature over its canonical JSON. */
export const SignedGrant = z.strictObject({
  grant: Grant,
  key: z.string().min(1).max(40),
  signature: z.string().min(1),
});
export type SignedGrant = z.infer<typeof SignedGrant>;

/** What an approval under it names, so that it fits these bounds and no others. */
export function hashEnvelope(envelope: Envelope): Sha256 {
  return digestOf(Envelope.parse(envelope));
}

const given = { by: PersonId, at: Instant, id: EnvelopeId };

/** What happens to standing approvals; orders like locks. */
export const envelopeOrders = [
  z.strictObject({ kind: z.literal('envelope_proposed'), envelope: Envelope }),
  z.strictObject({ kind: z.literal('envelope_approved'), ...given, live: z.boolean() }),
  z.strictObject({ kind: z.literal('envelope_granted'), at: Instant, id: EnvelopeId, signed: SignedGrant }),
  z.strictObject({ kind: z.literal('envelope_stopped'), ...given, reason: z.string().max(300) }),
  /** A plan was inside it: run under it, or in shadow only counted. */
  z.strictObject({
    kind: z.literal('envelope_used'),
    at: Instant,
    id: EnvelopeId,
    incident: IncidentId,
    plan: PlanHash,
    request: RequestId,
    nodes: z.array(NodeName),
    shadow: z.boolean(),
  }),
] as const;
const EnvelopeOrder = z.discriminatedUnion('kind', [...envelopeOrders]);
export type EnvelopeOrder = z.infer<typeof EnvelopeOrder>;
type OrderOf<K extends EnvelopeOrder['kind']> = Extract<EnvelopeOrder, { kind: K }>;

/** What all orders about one envelope add up to. */
export type EnvelopeState = {
  readonly envelope: Envelope;
  /** Who said yes to counting, and to going live. */
  readonly yes: { readonly shadow: readonly PersonId[]; readonly live: readonly PersonId[] };
  readonly shadow?: SignedGrant;
  readonly live?: SignedGrant;
  readonly stopped?: { readonly by: PersonId; readonly at: Instant; readonly reason: string };
  readonly uses: readonly OrderOf<'envelope_used'>[];
};

/** Adds one order to what is known; orders about an envelope that nobody proposed count for nothing. */
export function withEnvelopeOrder(
  known: ReadonlyMap<EnvelopeId, EnvelopeState>,
  order: EnvelopeOrder,
): ReadonlyMap<EnvelopeId, EnvelopeState> {
  const next = new Map(known);
  if (order.kind === 'envelope_proposed') {
    const { envelope } = order;
    if (!next.has(envelope.id)) next.set(envelope.id, { envelope, yes: { shadow: [], live: [] }, uses: [] });
    return next;
  }
  const state = next.get(order.id);
  if (state === undefined) return known;
  next.set(order.id, after(state, order));
  return next;
}

function after(state: EnvelopeState, order: Exclude<EnvelopeOrder, { kind: 'envelope_proposed' }>): EnvelopeState {
  switch (order.kind) {
    case 'envelope_approved': {
      const phase = order.live ? 'live' : 'shadow';
      return { ...state, yes: { ...state.yes, [phase]: [...new Set([...state.yes[phase], order.by])] } };
    }
    case 'envelope_granted':
      return order.signed.grant.live ? { ...state, live: order.signed } : { ...state, shadow: order.signed };
    case 'envelope_stopped':
      return state.stopped === undefined
        ? { ...state, stopped: { by: order.by, at: order.at, reason: order.reason } }
        : state;
    case 'envelope_used':
      return { ...state, uses: [...state.uses, order] };
  }
}

/** Where a standing approval is in its life. */
export type EnvelopePhase = 'proposed' | 'shadow' | 'live' | 'stopped' | 'ended';

/** Its phase now. What was stopped or has ended never comes back. */
export function phaseOf({ envelope, shadow, live, stopped }: EnvelopeState, nowMs: number): EnvelopePhase {
  if (stopped !== undefined) return 'stopped';
  if (nowMs > Date.parse(envelope.until)) return 'ended';
  if (live !== undefined) return 'live';
  return shadow === undefined ? 'proposed' : 'shadow';
}

/** Whose yes counts: listed approvers, each once, and never whoever proposed it. Who has a key of their own says yes to single plans, which that key can sign. */
export function yesOf({ envelope, yes }: EnvelopeState, phase: 'shadow' | 'live', policy: Policy): PersonId[] {
  return yes[phase].filter(
    (person) => person !== envelope.by && !person.startsWith('key:') && mayDo(policy, person, 'approve'),
  );
}

/** Why a plan does not fit these bounds; undefined: it does. Pure; bot and worker both ask. */
export function outsideOf(
  envelope: Envelope,
  plan: Plan,
  changes: readonly Change[],
  nowMs: number,
): Refusal | undefined {
  const nodes = plan.targets.map(({ node }) => node);
  if (envelope.cluster !== plan.cluster) return outside(envelope, `it is for cluster ${envelope.cluster}`);
  if (!envelope.repairs.some((repair) => repair === plan.repair))
    return outside(envelope, `it does not allow ${plan.repair}`);
  if (Object.keys(plan.params).length > 0 || (plan.risk !== 'reversible' && plan.risk !== 'restores-weights'))
    return outside(envelope, 'it allows nothing but what restores the recorded digest or sets an alias');
  const odd = plan.targets
    .flatMap(({ steps }) => steps)
    .find((step) => step.kind === 'record' || step.kind === 'await' || step.undo.kind === 'none');
  if (odd !== undefined) return outside(envelope, `it does not allow “${odd.title}”`);
  const sends = plan.targets
    .flatMap(({ steps }) => steps)
    .find((step) => step.kind === 'transfer' && step.digest !== plan.source[step.model]?.digest);
  if (sends !== undefined) return outside(envelope, `“${sends.title}” is not the recorded digest`);
  const strange = nodes.find((node) => !envelope.nodes.includes(node));
  if (strange !== undefined) return outside(envelope, `${strange} is not in it`);
  const model = plan.targets.flatMap(({ models }) => models).find((name) => !envelope.models.includes(name));
  if (model !== undefined) return outside(envelope, `${model} is not in it`);
  if (nodes.length > envelope.nodesPerPlan)
    return outside(envelope, `it allows ${count(envelope.nodesPerPlan, 'node')} a plan, this one has ${nodes.length}`);
  const lately = changes.filter(({ atMs }) => atMs > nowMs - CAP_WINDOW_MS).length;
  if (lately + nodes.length > envelope.perHour)
    return outside(envelope, `it allows ${count(envelope.perHour, 'change')} an hour, and ${lately} were made`);
  return undefined;
}

/** Why this grant lets nothing run now. */
export function grantRefusal(grant: Grant, policy: Policy, nowMs: number): Refusal | undefined {
  const { envelope, live, approvers } = grant;
  if (!live) return outside(envelope, 'it only counts what it would do (shadow)');
  if (nowMs > Date.parse(envelope.until)) return outside(envelope, `it ended at ${envelope.until}`);
  if (Date.parse(envelope.until) - Date.parse(envelope.at) > STANDING_MAX_MS)
    return outside(envelope, 'it was given for more than 30 days');
  const able = new Set(approvers.filter((person) => person !== envelope.by && mayDo(policy, person, 'approve')));
  if (able.size < 2) return outside(envelope, 'fewer than two of those who gave it may approve now');
  return undefined;
}

function outside({ id }: Envelope, why: string): Refusal {
  return { code: 'outside_standing', text: `Standing approval ${id} does not cover this: ${why}. Nothing was run.` };
}

/** What it allows, in one line. */
export function envelopeWords({ repairs, models, nodes, nodesPerPlan, perHour, until }: Envelope): string {
  return `${joined([...repairs])} for ${joined(models)} on ${foldNames(nodes)}, at most ${count(nodesPerPlan, 'node')} a plan and ${count(perHour, 'change')} an hour, until ${until.slice(0, 16).replace('T', ' ')} UTC`;
}
