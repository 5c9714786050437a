import { z } from 'zod';
import { NodeName } from './names.ts';

/** Where a node listens for SSH. */
export const Address = z.strictObject({ host: z.string().min(1), port: z.int().min(1).max(65_535) });
export type Address = z.infer<typeof Address>;

/** A node of the inventory with the cluster's rules applied. Addresses, users and key paths never leave the worker. */
export const Node = z.strictObject({
  name: NodeName,
  /** Tried in order: the Tailscale address (always port 22) first, then the public one. */
  addresses: z.array(Address).min(1).max(2),
  user: z.string().min(1),
  /** Path of the private key, a leading `~/` not expanded; null: the agent's or the default keys. */
  keyFile: z.string().nullable(),
  /** Name of the node that is the jump host. */
  proxy: NodeName.nullable(),
  /** Reached without SSH: the worker's own machine. */
  local: z.boolean(),
  /** The cluster's own folder on the node, absolute or with a leading `~/`; null: it has none. */
  root: z.string().nullable(),
  /** The environment that `venv_activate` names, absolute or with a leading `~/`; null: it names none. */
  venv: z.string().nullable(),
  /** The models folder, absolute or with a leading `~/`; null: never a target. */
  modelsDir: z.string().nullable(),
  role: z.string(),
  status: z.string(),
  provider: z.string(),
  gpu: z.string().nullable(),
  ephemeral: z.boolean(),
  note: z.string().nullable(),
  /** The node that models come from. */
  coordinator: z.boolean(),
  /** False for terminated, offline, setup, retired, archived. */
  active: z.boolean(),
  /** Why it does not count at present; absent: it does. Said by people, never by the inventory. */
  excluded: z.string().optional(),
  /** Nothing is relayed from or to it; said by the inventory or by medic.yaml. Absent: it may relay. */
  untrusted: z.literal(true).optional(),
  /** Why models are not sent here; null when the node is a distribution target. */
  noTargetBecause: z.string().nullable(),
});
export type Node = z.infer<typeof Node>;

const GONE = /\b(terminated|destroyed|retired|decommissioned|deleted|archived|offline)\b/i;

/** Whether the note of a node says that it is not there any more. */
export function saysGone({ note }: Pick<Node, 'note'>): boolean {
  return note !== null && GONE.test(note);
}

/** Whether a node may hold models now: it is active and has a folder for them. */
export function mayHoldModels({ active, modelsDir }: Node): boolean {
  return active && modelsDir !== null;
}
