import { z } from 'zod';

/** Name of a node as the inventory spells it. Safe in Redis keys and in messages. */
export const NodeName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/);
export type NodeName = z.infer<typeof NodeName>;

/** A model configuration such as `hex8_2p`. */
export const ModelName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/);
export type ModelName = z.infer<typeof ModelName>;

/** Bare name of a file in a models folder: no slash, no control characters, neither `.` nor `..`. */
export const FileName = z
  .string()
  .max(255)
  .regex(/^(?!\.{1,2}$)[^/\p{Cc}]+$/u);
export type FileName = z.infer<typeof FileName>;

/** Name of the cluster; part of every plan and so of its hash. */
export const ClusterName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/);
export type ClusterName = z.infer<typeof ClusterName>;

/** Name of a unit in `jobs/`. */
export const JobName = z.string().regex(/^[a-z][a-z0-9-]{0,40}$/);
export type JobName = z.infer<typeof JobName>;

/** Incident id: `i-` and 8 hex digits. */
export const IncidentId = z.string().regex(/^i-[0-9a-f]{8}$/);
export type IncidentId = z.infer<typeof IncidentId>;

/** Receipt id: `r-` and 8 hex digits. */
export const ReceiptId = z.string().regex(/^r-[0-9a-f]{8}$/);
export type ReceiptId = z.infer<typeof ReceiptId>;

/** Id of one approval request: 128 random bits in hex, made when the prompt is made. */
export const RequestId = z.string().regex(/^[0-9a-f]{32}$/);
export type RequestId = z.infer<typeof RequestId>;

/** A person: `T0TEAM/U0ALICE` from Slack, `cli:alice` from a shell, `key:alice` from a shell with a key of their own, `alert:<sender>` for a machine. */
export const PersonId = z
  .string()
  .regex(/^([A-Z0-9]+\/[A-Z0-9]+|cli:[^\s:]{1,64}|key:[a-z0-9][a-z0-9._-]{0,63}|alert:[A-Za-z0-9._-]{1,64})$/);
export type PersonId = z.infer<typeof PersonId>;

/** An instant in ISO 8601, UTC. */
export const Instant = z.iso.datetime();
export type Instant = z.infer<typeof Instant>;
