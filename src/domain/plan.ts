import { z } from 'zod';
import { digestOf, Sha256 } from './digest.ts';
import { EntryState, WantedState } from './entry-state.ts';
import { RecordLine } from './expected.ts';
import { AddressName, HostKey } from './host-key.ts';
import { ClusterName, FileName, JobName, ModelName, NodeName } from './names.ts';

/** The change script that asks the distribution daemon to send something. */
export const ASK_DAEMON = 'ask-daemon';

/** The one repair that deletes, and its change script. */
export const PRUNE: JobName = 'prune-quarantine';

/** Where files lie that a plan makes itself, below the models folder; each is named by its digest. */
export const DERIVED = '.medic/derived/';

/** A change script's name and its arguments. The only late-bound token is `{receipt}`, filled in by the engine. */
export const Argv = z.array(z.string().max(4_096)).min(1).max(16);
export type Argv = z.infer<typeof Argv>;

export const Undo = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('run'), argv: Argv }),
  /** Of a step that moves the record: what was current before is current again. */
  z.strictObject({ kind: z.literal('record') }),
  z.strictObject({ kind: z.literal('none'), because: z.string().min(1).max(200) }),
]);
export type Undo = z.infer<typeof Undo>;

export const TransportName = z.enum(['rsync', 'stream', 'http', 'relay']);
export type TransportName = z.infer<typeof TransportName>;

const stepBase = {
  id: z.string().regex(/^[a-z0-9-]{1,40}$/),
  title: z.string().min(1).max(300),
  timeoutMs: z.int().min(1_000),
  undo: Undo,
};

/** One thing done to one node: a fixed script with arguments, a model file brought and put in place by rename, on the coordinator another digest made the current one, a file waited for that somebody else brings, or another host key let count. */
export const Step = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('run'), ...stepBase, argv: Argv }),
  z.strictObject({
    kind: z.literal('transfer'),
    ...stepBase,
    model: ModelName,
    file: FileName,
    digest: Sha256,
    bytes: z.int().min(0),
    /** Modification time that the placed file gets, whole seconds since the epoch: the source's, so that no daemon takes it for new. */
    mtimeS: z.int().min(0),
    sources: z.array(NodeName).min(1),
    /** Where the bytes lie on the source, relative to its models folder; absent: under the same name. */
    sourcePath: z.string().min(1).max(255).optional(),
    transports: z.array(TransportName).min(1),
    /** Folder on the target and its identity `dev:inode`, or `new` when an earlier step makes it. */
    folder: z.string(),
    folderId: z.string(),
    before: EntryState,
  }),
  z.strictObject({
    kind: z.literal('record'),
    ...stepBase,
    model: ModelName,
    /** The digest that is current now; with another one the step does nothing. */
    from: Sha256.nullable(),
    to: RecordLine,
  }),
  /** Ends when the file has this digest, or when nothing has come to any node of the plan for `timeoutMs`. */
  z.strictObject({
    kind: z.literal('await'),
    ...stepBase,
    model: ModelName,
    file: FileName,
    digest: Sha256,
    bytes: z.int().min(0),
    source: NodeName,
  }),
  /** On the worker itself: the node is known by this key from now on, and by none of the withdrawn ones. */
  z.strictObject({
    kind: z.literal('trust'),
    ...stepBase,
    key: HostKey,
    withdrawn: z.array(HostKey).max(16),
    /** Addresses that showed the key, and those that did not answer. */
    shownAt: z.array(AddressName).min(1),
    silentAt: z.array(AddressName),
    /** As the inventory says: then the end of the fingerprint, typed, is enough. */
    ephemeral: z.boolean(),
  }),
]);
export type Step = z.infer<typeof Step>;
export type TransferStep = Extract<Step, { kind: 'transfer' }>;

/** What one node had when the plan was made (only what the steps touch) and what will be done there. */
export const Target = z.strictObject({
  node: NodeName,
  models: z.array(ModelName),
  before: z.record(z.string(), EntryState),
  /** What the same names are to be when all steps have run. */
  after: z.record(z.string(), WantedState),
  steps: z.array(Step).min(1).max(64),
  /** Ids of the findings that must be gone afterwards; empty when the change was wished for and nothing was wrong. */
  cures: z.array(z.string()),
});
export type Target = z.infer<typeof Target>;

export const Risk = z.enum(['reversible', 'disruptive', 'restores-weights', 'replaces-weights']);
export type Risk = z.infer<typeof Risk>;

/** What a repair was asked to do beyond what it sees, such as `{"transport": "rsync"}`; JSON, so that it is hashed and stored with the plan. */
export const Params = z.record(z.string().max(64), z.json());
export type Params = z.infer<typeof Params>;

/** Who gets a plan's files from whom: over a private network that both are in, or joined by the worker. */
export const RelayLink = z.strictObject({ from: NodeName, to: NodeName, by: z.enum(['network', 'worker']) });
export type RelayLink = z.infer<typeof RelayLink>;

/** A repair as data: it can be shown, hashed, signed and stored, and says everything that will run. */
export const Plan = z.strictObject({
  cluster: ClusterName,
  repair: JobName,
  params: Params,
  summary: z.string().min(1).max(200),
  risk: Risk,
  /** What the source must still be when the plan runs; a changed digest voids the plan. */
  source: z.record(ModelName, z.strictObject({ node: NodeName, digest: Sha256, bytes: z.int() })),
  targets: z.array(Target).min(1),
  /** The tree by which nodes pass on what they have verified; a node that is not in it gets its files from the source. Absent: nothing is relayed. */
  relay: z.array(RelayLink).min(1).optional(),
  /** Nodes at a time: a number, or a percentage of the targets. The last one repeats. */
  batches: z.array(z.union([z.int().min(1), z.string().regex(/^(100|[1-9]\d?)%$/)])).min(1),
  /** Targets that may fail or be unreachable before the rest is left alone. */
  failureBudget: z.int().min(0),
  /** Checks that must be clear afterwards; without one a target is judged by its `after` alone. */
  verify: z.array(JobName),
});
export type Plan = z.infer<typeof Plan>;

/** 64 hex digits over the header and each target's own digest (a Merkle root), so one node can be compared alone. */
export const PlanHash = Sha256;
export type PlanHash = z.infer<typeof PlanHash>;

/** Hash of a plan; throws when it is not a plan. */
export function hashPlan(plan: Plan): PlanHash {
  const { targets, ...header } = Plan.parse(plan);
  return digestOf({ header, targets: targets.map(digestOf) });
}

/** Bytes that a plan moves over the network. */
export function bytesOf(plan: Plan): number {
  return plan.targets.reduce((sum, target) => sum + bytesTo(target), 0);
}

/** Bytes that a plan brings to one of its targets. */
export function bytesTo({ steps }: Target): number {
  return steps.reduce((sum, step) => sum + (step.kind === 'transfer' ? step.bytes : 0), 0);
}

/** What a plan adds to the disk of the node that gets most: what it replaces is kept, so the sum of what arrives; `atOnce`: of one file, since a node gets one after the other. */
export function diskNeeds({ targets }: Plan): { readonly most: number; readonly atOnce: number } {
  const sizes = targets.flatMap(({ steps }) => steps.map((step) => (step.kind === 'transfer' ? step.bytes : 0)));
  return { most: Math.max(0, ...targets.map(bytesTo)), atOnce: Math.max(0, ...sizes) };
}

/** Every step can be taken back. */
export function reversible(plan: Plan): boolean {
  return plan.targets.every((target) => target.steps.every((step) => step.undo.kind !== 'none'));
}

/** Whether a target's steps run on its node; a host key is taken by the worker alone, before the node can be reached. */
export function isOnNode({ steps }: Target): boolean {
  return steps.some(({ kind }) => kind !== 'trust');
}

/** Whether a target decides what the others get: it goes first, and without it nothing else of its plan runs. */
export function isLead({ steps }: Target): boolean {
  return steps.some((step) => step.kind === 'record' || (step.kind === 'run' && step.argv[0] === ASK_DAEMON));
}

/** Splits targets into the batches that the plan names: `[1, '25%', '100%']` of 8 is 1, 2, 5. */
export function batchesOf(plan: Plan): Target[][] {
  const batches: Target[][] = [];
  let rest = plan.targets;
  for (let index = 0; rest.length > 0; index += 1) {
    const size = plan.batches[Math.min(index, plan.batches.length - 1)] ?? 1;
    const count =
      typeof size === 'number' ? size : Math.max(1, Math.ceil((Number.parseInt(size, 10) / 100) * plan.targets.length));
    batches.push(rest.slice(0, count));
    rest = rest.slice(count);
  }
  return batches;
}
