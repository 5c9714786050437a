import { z } from 'zod';
import { type EnvelopeId, type EnvelopeState, envelopeOrders, withEnvelopeOrder } from './envelope.ts';
import type { Refusal } from './fault.ts';
import { foldNames } from './fold-names.ts';
import { IncidentId, Instant, ModelName, NodeName, PersonId, ReceiptId } from './names.ts';
import type { Plan } from './plan.ts';
import { type Configured, ConfiguredOrder, type Side, setupRefusal } from './setup.ts';
import { Silence, SilenceId } from './silence.ts';
import { withoutKind } from './without-kind.ts';
import { joined } from './wording.ts';

/** Id of a lock: `l-` and 8 hex digits; of an exclusion `x-`. */
export const LockId = z.string().regex(/^[lx]-[0-9a-f]{8}$/);
export type LockId = z.infer<typeof LockId>;

const REASON_MAX = 300;
const given = { by: PersonId, at: Instant };
const reason = z.string().max(REASON_MAX);

/** Something that holds for the whole cluster until it is taken back. Orders are only ever appended. */
export const Order = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('locked'),
    ...given,
    id: LockId,
    nodes: z.array(NodeName),
    models: z.array(ModelName),
    reason,
  }),
  /** Nodes that do not count for a time: locked, looked at by nobody unasked, and in no sum. */
  z.strictObject({
    kind: z.literal('excluded'),
    ...given,
    id: LockId,
    nodes: z.array(NodeName).min(1),
    until: Instant,
    reason,
  }),
  /** `after`: not at once, but when this incident's look has ended. */
  z.strictObject({ kind: z.literal('included'), ...given, id: LockId, after: IncidentId.optional() }),
  z.strictObject({ kind: z.literal('unlocked'), ...given, id: LockId }),
  z.strictObject({ kind: z.literal('silenced'), ...Silence.shape }),
  z.strictObject({ kind: z.literal('unsilenced'), ...given, id: SilenceId }),
  z.strictObject({ kind: z.literal('readonly'), ...given, on: z.boolean(), reason }),
  /** A change was made and its check was not clear afterwards; too many of these in an hour make the cluster read-only. */
  z.strictObject({ kind: z.literal('unverified'), at: Instant, receipt: ReceiptId, node: NodeName }),
  /** What a side has read, at its beginning and when it changed. */
  ConfiguredOrder,
  ...envelopeOrders,
]);
export type Order = z.infer<typeof Order>;

/** Nodes or models that nobody may change; with `until` nodes that do not count at all until somebody or medic includes them again. */
export type Lock = Omit<Extract<Order, { kind: 'locked' }>, 'kind'> & {
  readonly until?: Instant;
  /** The look with which it ends, and who ended it. */
  readonly ending?: { readonly after: IncidentId; readonly by: PersonId };
};

/** What all orders add up to. */
export type Standing = {
  readonly locks: readonly Lock[];
  /** Those that were not ended early; their time may be over. */
  readonly silences: readonly Silence[];
  readonly readonly: { readonly by: PersonId; readonly at: Instant; readonly reason: string } | undefined;
  /** Standing approvals by id, ended ones too. */
  readonly envelopes: ReadonlyMap<EnvelopeId, EnvelopeState>;
  /** When verifications failed since `readonly` was last switched. */
  readonly unverified: readonly Instant[];
  /** What was read last where it is decided, and on the worker. */
  readonly setups: ReadonlyMap<Side, Configured>;
};

const HOUR_MS = 3_600_000;

/** Adds up orders, oldest first. */
export function standingOf(orders: readonly Order[]): Standing {
  const locks = new Map<LockId, Lock>();
  const silences = new Map<SilenceId, Silence>();
  let envelopes: Standing['envelopes'] = new Map();
  let state: Standing['readonly'];
  let unverified: Instant[] = [];
  const setups = new Map<Side, Configured>();
  for (const order of orders) {
    if (order.kind === 'locked') {
      locks.set(order.id, withoutKind(order));
    } else if (order.kind === 'excluded') {
      locks.set(order.id, { ...withoutKind(order), models: [] });
    } else if (order.kind === 'included' && order.after !== undefined) {
      const exclusion = locks.get(order.id);
      if (exclusion !== undefined) locks.set(order.id, { ...exclusion, ending: { after: order.after, by: order.by } });
    } else if (order.kind === 'unlocked' || order.kind === 'included') locks.delete(order.id);
    else if (order.kind === 'silenced') {
      silences.set(order.id, withoutKind(order));
    } else if (order.kind === 'unsilenced') silences.delete(order.id);
    else if (order.kind === 'unverified') unverified.push(order.at);
    else if (order.kind === 'configured') {
      const { side, at, setup, words } = order;
      const { setup: earlier, words: said } = setups.get(side) ?? {};
      const before = earlier === undefined ? {} : { before: { setup: earlier, words: said } };
      setups.set(side, { at, setup, words, ...before });
    } else if (order.kind !== 'readonly') envelopes = withEnvelopeOrder(envelopes, order);
    else {
      state = order.on ? { by: order.by, at: order.at, reason: order.reason } : undefined;
      unverified = [];
    }
  }
  const [held, quiet] = [[...locks.values()], [...silences.values()]];
  return { locks: held, silences: quiet, envelopes, readonly: state, unverified, setups };
}

/** How many verifications failed in the hour before `nowMs`. */
export function unverifiedLately({ unverified }: Standing, nowMs: number): number {
  return unverified.filter((at) => Date.parse(at) > nowMs - HOUR_MS).length;
}

/** The lock that this node or model is under. */
export function lockOn({ locks }: Standing, node: NodeName, model?: ModelName): Lock | undefined {
  return locks.find(({ nodes, models }) => nodes.includes(node) || (model !== undefined && models.includes(model)));
}

/** Why nothing of this plan may run now: what decides differs, everything is read-only, or something in it is locked. */
export function standingRefusal(standing: Standing, plan: Plan): Refusal | undefined {
  const differs = setupRefusal(standing.setups);
  if (differs !== undefined) return differs;
  if (standing.readonly !== undefined)
    return { code: 'read_only', text: `${readonlyWords(standing.readonly)} Nothing was run.` };
  for (const { node, models } of plan.targets) {
    const lock = [undefined, ...models].map((model) => lockOn(standing, node, model)).find((one) => one !== undefined);
    if (lock !== undefined) return { code: 'locked', text: `${lockWords(lock)} Nothing was run.` };
  }
  return undefined;
}

/** What is locked, by whom, since when and why, in a sentence. */
export function lockWords(lock: Lock): string {
  const { id, by, at, until, ending, reason: why } = lock;
  const what = until === undefined ? 'locked' : `excluded until ${shortTime(until)},`;
  return `${lockedThings(lock)} ${lock.nodes.length + lock.models.length === 1 ? 'is' : 'are'} ${what} by ${by} since ${shortTime(at)}${why === '' ? '' : `: ${why}`} (${id}).${ending === undefined ? '' : ` ${ending.by} ended that: it counts when the look of ${ending.after} has ended.`}`;
}

/** Locks under which nodes do not count. */
export function exclusionsIn({ locks }: Standing): (Lock & { readonly until: Instant })[] {
  return locks.flatMap((lock) => (lock.until === undefined ? [] : [{ ...lock, until: lock.until }]));
}

/** What a lock holds: `vast-[1-3]` or `hex8_2p`. */
export function lockedThings({ nodes, models }: Lock): string {
  return nodes.length > 0 ? foldNames(nodes) : joined(models);
}

/** Since when and why everything is read-only, in a sentence or two. */
export function readonlyWords({ by, at, reason: why }: NonNullable<Standing['readonly']>): string {
  return `medic is read-only since ${shortTime(at)}, by ${by}${why === '' ? '' : `: ${why}`}. "readonly off <reason>" lifts it.`;
}

function shortTime(at: Instant): string {
  return `${at.slice(0, 16).replace('T', ' ')} UTC`;
}
