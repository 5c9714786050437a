import type { Sha256 } from '../domain/digest.ts';
import type { WorkerFacts } from '../domain/doctor-worker.ts';
import type { EntryState } from '../domain/entry-state.ts';
import type { Expected, ModelCopy, SourceState } from '../domain/expected.ts';
import type { Refusal } from '../domain/fault.ts';
import type { CheckReport, Finding, FindingCode } from '../domain/finding.ts';
import type { Model } from '../domain/model.ts';
import type { Instant, JobName, ModelName, NodeName } from '../domain/names.ts';
import type { Node } from '../domain/node.ts';
import type { Params, Risk, Target } from '../domain/plan.ts';
import type { Read } from './fact.ts';
import type { HostKeysSeen } from './host-keys.ts';

/** Digest of a file on the node. Cached by size + mtime + ctime + inode unless `fresh`. */
export type LookContext = {
  readonly node: Node;
  readonly models: readonly Model[];
  readonly read: Read;
  /** Asks the worker's own machine, for what it reaches itself. */
  readonly here: Read;
  /** By model name; every model of `models` has one. */
  readonly expected: ReadonlyMap<ModelName, Expected>;
  /** True: no remembered digest may be used. */
  readonly fresh: boolean;
  /** Remembers digests of unchanged files; the key is node, folder id, inode, size, mtime and ctime, blanks between. */
  readonly digests: Pick<DigestCache, 'get' | 'set'>;
  readonly limits: LookLimits;
  /** What is known of the distribution daemon, and from when on it is in trouble. */
  readonly daemon: DaemonSettings;
  /** Where nodes can pull models from, with `{file}` in it; null: nowhere. */
  readonly pullFrom: string | null;
  /** Every active node with a reader of its own, for checks of the cluster; in a plan there is none. */
  readonly fleet: readonly { readonly node: Node; readonly read: Read }[];
  /** When a promotion of these models was told; absent: none was. */
  readonly promotedAt?: Instant;
  /** The worker's clock. */
  readonly now: () => Date;
  /** Asks the node's addresses for their host keys, without logging in; absent: nobody here can. */
  readonly hostKeys?: () => Promise<HostKeysSeen>;
  /** What the worker finds about itself; absent: this is no look of a worker. */
  readonly worker?: () => Promise<WorkerFacts>;
  /** What the plan was asked to do; empty in a check. */
  readonly params: Params;
};

/** From which measure on something about a node is told, or stops a plan. */
export type LookLimits = {
  /** How full a disk may be before that is told, percent. */
  readonly diskWarnPercent: number;
  /** How full a disk may be so that something is still sent to it, percent. */
  readonly diskStopPercent: number;
  /** How far a node's clock may be from the worker's, seconds. */
  readonly clockSkewS: number;
  /** Age from which a temporary file is taken for left over, minutes. */
  readonly leftoverMinutes: number;
  /** How long a replaced file is kept, days. */
  readonly quarantineDays: number;
  /** How many replaced files of one name are kept on a node. */
  readonly quarantineGenerations: number;
  /** Share of the disk that replaced files may take, percent. */
  readonly quarantinePercent: number;
};

/** Where the distribution daemon can be observed on the coordinator; paths relative to its own folder. */
export type DaemonSettings = {
  /** 0: it answers no HTTP. */
  readonly statusPort: number;
  /** Its status as the worker reaches it; null: it is asked from the coordinator, at its port. */
  readonly statusUrl: string | null;
  readonly ledger: string | null;
  readonly logs: readonly string[];
  readonly python: boolean;
  readonly windowMinutes: number;
  readonly criticalNodes: number;
  readonly criticalPercent: number;
  readonly stuckSeconds: number;
};

export type DigestCache = {
  get(key: string): Promise<Sha256 | undefined>;
  set(key: string, digest: Sha256): Promise<void>;
  /** Forgets every digest of a node's files: another machine has its name now. */
  forget(node: NodeName): Promise<void>;
};

/** A read-only job for one node. A Fault that it lets through becomes `unknown` with its reason. */
export type Check = {
  readonly name: JobName;
  readonly summary: string;
  /** `cluster`: runs once a look, on the coordinator. */
  readonly scope?: 'node' | 'cluster';
  /** False: runs only where it is named. */
  readonly byDefault?: boolean;
  /** Does more than look, such as loading a model: only who may operate asks for it, by its own words. */
  readonly probe?: true;
  /** Judges by nothing that is expected of a model: where only such checks run, the source is not asked. */
  readonly needsNoSource?: true;
  /** What it asks a node whatever is expected there: asked while the source is still looked at. */
  readonly first?: (context: Pick<LookContext, 'node' | 'models' | 'read'>) => Promise<unknown>;
  readonly run: (context: LookContext) => Promise<CheckReport>;
};

/** What a repair has to say about one node: steps, a refusal with its reason, or that nothing needs doing. */
export type TargetPlan =
  | { readonly kind: 'steps'; readonly target: Target }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'nothing' };

/** A job that returns what to do on one node, as data. Called again just before execution: an equal target means the node has not moved. */
export type Repair = {
  readonly name: JobName;
  readonly summary: string;
  /** Needs to know where else the models' bytes lie. */
  readonly copies?: true;
  /** Its lead does nothing by itself: without a lead, or without a node that follows, there is no plan. */
  readonly leads?: true;
  /** Of a plan made for a finding; one that was wished for may carry another in its params. */
  readonly risk: Risk | ((params: Params) => Risk);
  /** Checks that must be clear for the touched models afterwards; none: what the names are is compared with the target's `after`. */
  readonly verify: readonly JobName[];
  /** Words for the plan's first line, e.g. `set 3 aliases to their canonical files`. */
  readonly describe: (targets: readonly Target[], params: Params) => string;
  readonly plan: (context: LookContext) => Promise<TargetPlan>;
};

/** Which repair cures which findings of one node and model; undefined: none does, a person has to look. */
export type ChooseRepair = (findings: readonly Finding[], expected: Expected) => JobName | undefined;

/** Reads what the coordinator holds; the engine joins it with the record. Never uses remembered digests. */
export type SourceLook = (context: {
  readonly node: Node;
  readonly models: readonly Model[];
  readonly read: Read;
  /** The daemon's delivery ledger, relative to the cluster's folder; null: none is kept. */
  readonly ledger: string | null;
}) => Promise<ReadonlyMap<ModelName, SourceSeen>>;

/** One model as the source holds it now. */
export type SourceSeen =
  | {
      readonly kind: 'file';
      readonly digest: Sha256;
      readonly bytes: number;
      readonly mtimeS: number;
      /** What is wrong with it as a checkpoint of this model; absent: nothing as far as it could be read. */
      readonly fault?: FindingCode;
      /** False: nobody could read what its pickle asks for. It counts for the record and is not sent. */
      readonly read: boolean;
      readonly detail: string;
      /** What the `.sha256` file beside it says, and since when; absent: there is none. */
      readonly sidecar?: { readonly digest: Sha256; readonly mtimeS: number };
      /** What the daemon's ledger says that it sent last, and since when. */
      readonly delivered?: { readonly digest: Sha256; readonly atS: number };
    }
  | Extract<SourceState, { kind: 'absent' | 'bad' | 'in_flight' | 'unknown' }>;

/** Reads which copies of these models a node holds, under their names, beside them and in quarantine. `known`: digests that were found sound before. */
export type CopiesLook = (context: {
  readonly node: Node;
  readonly models: readonly Model[];
  readonly read: Read;
  readonly known: ReadonlySet<Sha256>;
  readonly digests: DigestCache;
}) => Promise<readonly ModelCopy[]>;

/** Which processes of a node have which of the context's models open, by id. Throws a Fault where nobody can tell. */
export type HoldersLook = (context: LookContext) => Promise<ReadonlyMap<ModelName, ReadonlySet<number>>>;

/** Whose these names of a node's models folder are, as far as the node tells. Throws a Fault where nobody can tell. */
export type OwnersLook = (context: LookContext, names: readonly string[]) => Promise<ReadonlyMap<string, string>>;

/** What these names are on a node now; for receipts. */
export type Measure = (context: LookContext, names: readonly string[]) => Promise<Readonly<Record<string, EntryState>>>;
