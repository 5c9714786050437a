import { z } from 'zod';
import { ModelName, NodeName } from './names.ts';
import { TransportName } from './plan.ts';

/** The params of the repair `distribute`. */
export const DistributeParams = z.strictObject({
  /** Exactly these ways of sending; absent: the usual ones in their order. */
  transports: z.array(TransportName).min(1).optional(),
  /** Also to nodes that have the model already, and over regular files in the place of an alias. */
  force: z.boolean(),
});
export type DistributeParams = z.infer<typeof DistributeParams>;

/** The params of the repair `distribute-by-daemon`: what it is asked for, and the nodes whose digests are believed. */
export const DaemonDistributeParams = z.strictObject({
  models: z.array(ModelName).min(1),
  nodes: z.array(NodeName).min(1),
});
export type DaemonDistributeParams = z.infer<typeof DaemonDistributeParams>;
