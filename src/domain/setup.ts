import { z } from 'zod';
import { digestOf, Sha256, shortDigest } from './digest.ts';
import type { Refusal } from './fault.ts';
import { Instant } from './names.ts';
import { joined } from './wording.ts';

/** What decides about changes and so has to be the same on both sides: a digest each. */
export const Setup = z.strictObject({ inventory: Sha256, models: Sha256, coordinator: Sha256, roles: Sha256 });
export type Setup = z.infer<typeof Setup>;

/** Who has such a setup: where people decide (the bot, or a shell with a worker of its own), or the worker. */
export const Side = z.enum(['desk', 'worker']);
export type Side = z.infer<typeof Side>;

export const ConfiguredOrder = z.strictObject({ kind: z.literal('configured'), at: Instant, side: Side, setup: Setup });
export type ConfiguredOrder = z.infer<typeof ConfiguredOrder>;

/** The latest setup of a side, and the one before it. */
export type Configured = { readonly at: Instant; readonly setup: Setup; readonly before?: Setup };

const WORDS: Readonly<Record<keyof Setup, string>> = {
  inventory: 'the inventory',
  models: 'the models',
  coordinator: 'the coordinator',
  roles: 'roles and approvals',
};
const PARTS = ['inventory', 'models', 'coordinator', 'roles'] as const;

/** The setup of what a process has read; `roles` is the policy as written. */
export function setupOf(read: {
  readonly inventory: Sha256;
  readonly models: unknown;
  readonly coordinator: unknown;
  readonly roles: unknown;
}): Setup {
  const { inventory, models, coordinator, roles } = read;
  return { inventory, models: digestOf(models), coordinator: digestOf(coordinator), roles: digestOf(roles) };
}

/** Which parts of two setups differ. */
export function differing(one: Setup, other: Setup): (keyof Setup)[] {
  return PARTS.filter((part) => one[part] !== other[part]);
}

/** What changed from one setup to the next, in words. */
export function setupChange(before: Setup, after: Setup): string {
  return joined(
    differing(before, after).map(
      (part) => `${WORDS[part]} (${shortDigest(before[part])} => ${shortDigest(after[part])})`,
    ),
  );
}

/** Why nothing may be changed: what people decide by is not what the worker reads. */
export function setupRefusal(sides: ReadonlyMap<Side, Configured>): Refusal | undefined {
  const [desk, worker] = [sides.get('desk'), sides.get('worker')];
  if (desk === undefined || worker === undefined) return undefined;
  const parts = differing(desk.setup, worker.setup);
  if (parts.length === 0) return undefined;
  const what = joined(parts.map((part) => WORDS[part]));
  const text = `Where it is decided and on the worker medic has not read the same: ${what} differ. Nothing was run; give both the same medic.yaml and inventory, and start again what has read another.`;
  return { code: 'inventory_differs', text };
}
