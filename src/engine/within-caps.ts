import { type Caps, capRefusal, isCapped } from '../domain/caps.ts';
import { ceilingRefusal } from '../domain/ceilings.ts';
import type { Envelope } from '../domain/envelope.ts';
import type { Refusal } from '../domain/fault.ts';
import type { NodeName } from '../domain/names.ts';
import type { Plan } from '../domain/plan.ts';
import type { Kit } from './kit.ts';

type CapsKit = Pick<Kit, 'ceilings' | 'changes' | 'ownChanges' | 'policy' | 'now'>;

/** Why this worker's own file forbids a plan; one that cannot be read forbids everything. */
export function forbiddenHere({ ceilings }: Pick<Kit, 'ceilings'>, plan: Plan): Refusal | undefined {
  const read = ceilings();
  if (read.ok) return ceilingRefusal(read.ceilings, plan);
  const [first] = read.faults;
  return {
    code: 'ceiling_reached',
    text: `This worker cannot read its ceilings, so it changes nothing: ${first?.place ?? ''} ${first?.text ?? ''}.`,
  };
}

/** Why these nodes may not be changed now: by the caps of medic.yaml over what all workers did, and by this worker's ceilings over what it did itself. */
export async function overCaps(
  { ceilings, changes, ownChanges, policy, now }: CapsKit,
  plan: Pick<Plan, 'repair'>,
  nodes: readonly NodeName[],
): Promise<Refusal | undefined> {
  if (!isCapped(plan)) return undefined;
  const nowMs = now().getTime();
  const shared = capRefusal(nodes, await changes.lately(nowMs), policy().caps, { nowMs, whose: 'medic.yaml' });
  if (shared !== undefined) return shared;
  const read = ceilings();
  if (!read.ok) return undefined;
  const { changesPerNodeHour = Infinity, changesPerClusterHour = Infinity } = read.ceilings;
  const own: Caps = { perNodeHour: changesPerNodeHour, perClusterHour: changesPerClusterHour };
  return capRefusal(nodes, await ownChanges.lately(nowMs), own, { nowMs, whose: "this worker's ceilings.yaml" });
}

/** Writes down that a node is about to be changed, for everybody and for this worker alone. */
export async function noteChange(
  { changes, ownChanges, changesUnder, now }: Pick<Kit, 'changes' | 'ownChanges' | 'changesUnder' | 'now'>,
  { plan, envelope }: { readonly plan: Pick<Plan, 'repair'>; readonly envelope?: Envelope | undefined },
  node: NodeName,
): Promise<void> {
  const change = { node, atMs: now().getTime() };
  if (envelope !== undefined) await changesUnder(envelope.id).note(change);
  if (!isCapped(plan)) return;
  await ownChanges.note(change);
  await changes.note(change);
}
