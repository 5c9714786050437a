import type { Actions, EngineArgvs } from '../contract/action.ts';
import type { CeilingsRead } from '../contract/ceilings.ts';
import type { Changes } from '../contract/changes.ts';
import type { HostKeys } from '../contract/host-keys.ts';
import type { InventorySource } from '../contract/inventory.ts';
import type {
  Check,
  ChooseRepair,
  CopiesLook,
  DaemonSettings,
  DigestCache,
  HoldersLook,
  LookLimits,
  Measure,
  OwnersLook,
  Repair,
  SourceLook,
} from '../contract/job.ts';
import type { Journal } from '../contract/journal.ts';
import type { LastSeen } from '../contract/last-seen.ts';
import type { Leases } from '../contract/leases.ts';
import type { Ledger } from '../contract/ledger.ts';
import type { Logger } from '../contract/logger.ts';
import type { Misses } from '../contract/misses.ts';
import type { Orders } from '../contract/orders.ts';
import type { Records } from '../contract/records.ts';
import type { Sessions } from '../contract/sessions.ts';
import type { OwnKeys, Verifier } from '../contract/signing.ts';
import type { Spans } from '../contract/spans.ts';
import type { Transport } from '../contract/transport.ts';
import type { Sha256 } from '../domain/digest.ts';
import type { WorkerFacts } from '../domain/doctor-worker.ts';
import type { Scope } from '../domain/entry.ts';
import type { Envelope, EnvelopeId } from '../domain/envelope.ts';
import type { Expected } from '../domain/expected.ts';
import type { Model } from '../domain/model.ts';
import type { IncidentId, ModelName, NodeName, ReceiptId } from '../domain/names.ts';
import { mayHoldModels, type Node } from '../domain/node.ts';
import type { Plan, Target } from '../domain/plan.ts';
import type { Policy } from '../domain/policy.ts';
import type { RelayRules } from '../domain/relay.ts';
import type { Cancels } from './cancels.ts';
import { withCopies } from './copies.ts';
import { expectedNow } from './expected.ts';
import type { RelayBoard } from './relay-board.ts';

/** Everything the engine works with, wired by the worker's root. */
export type Kit = {
  readonly cluster: string;
  /** Once it aborts no further batch is begun: the worker is ending. */
  readonly draining?: AbortSignal;
  readonly models: readonly Model[];
  readonly inventory: InventorySource;
  readonly policy: () => Policy;
  readonly sessions: Sessions;
  readonly hostKeys: HostKeys;
  readonly transports: readonly Transport[];
  /** By provider, how fast one node of it may be sent to, Mbit/s; a provider that is not in it has no limit. */
  readonly nodeMbit: Readonly<Record<string, number>>;
  readonly relay: RelayRules;
  readonly ledger: Ledger;
  readonly records: Records;
  readonly digests: DigestCache;
  readonly leases: Leases;
  readonly misses: Misses;
  /** What each name was at the last look, and when a change of ours touched a node. */
  readonly lastSeen: LastSeen;
  /** Scheduled looks in a row that a node may miss before people are told. */
  readonly missesMax: number;
  readonly orders: Orders;
  /** Why this worker changes nothing, from a file of its own that nobody else can take away; undefined: it may. */
  readonly frozen: () => Promise<string | undefined>;
  /** What this worker's owner never allows, read anew each time from a file of its own. */
  readonly ceilings: () => CeilingsRead;
  /** Changes of all workers, and those of this one from a file of its own. */
  readonly changes: Changes;
  readonly ownChanges: Changes;
  /** Changes of this worker under one standing approval, from a file of its own. */
  readonly changesUnder: (id: EnvelopeId) => Changes;
  /** Failed verifications in an hour after which the cluster becomes read-only by itself; 0: never. */
  readonly unverifiedMax: number;
  readonly journal: Journal;
  readonly verifier: Verifier;
  /** Judges the yes of people with keys of their own. */
  readonly ownKeys: OwnKeys;
  readonly checks: readonly Check[];
  readonly repairs: readonly Repair[];
  readonly chooseRepair: ChooseRepair;
  readonly sourceLook: SourceLook;
  readonly copiesLook: CopiesLook;
  readonly holdersLook: HoldersLook;
  readonly measure: Measure;
  readonly ownersLook: OwnersLook;
  /** What this worker finds about itself. */
  readonly self: () => Promise<WorkerFacts>;
  readonly cancels: Cancels;
  readonly actions: Actions;
  readonly argvs: EngineArgvs;
  /** Share of targets that may have moved before a plan is void, percent. */
  readonly driftPercent: number;
  readonly limits: LookLimits;
  readonly daemon: DaemonSettings;
  /** Where nodes can pull models from, with `{file}` in it; null: nowhere. */
  readonly pullFrom: string | null;
  readonly now: () => Date;
  readonly newReceiptId: () => ReceiptId;
  /** Bare name of a temporary file: `.medic-` and 128 random bits. */
  readonly newTemporary: () => string;
  readonly logger: Logger;
  /** Tells what of a change takes how long. */
  readonly spans: Spans;
};

/** Whether all of a file came under its temporary name, and by which way, or why not. */
export type Came = { readonly whole: boolean; readonly detail: string };

/** Bytes of one step that came, or come, ahead of their node's turn. */
export type Early = { readonly temporary: string; readonly came: Promise<Came> };

/** Bytes that flow to nodes whose turn has not come, under temporary names alone. */
export type BytesAhead = {
  /** Lets them flow to these targets, and returns at once. What goes wrong is nobody's trouble: the step brings them at its turn. */
  begin(execution: Execution, targets: readonly Target[]): void;
  /** What came or comes for a step, which has it from now on; undefined: nothing, and nothing more is begun ahead on this node. */
  take(node: NodeName, step: string): Early | undefined;
  /** Ends and discards what no step has taken; what people should know of it, empty: nothing had come. */
  leave(target: Target): Promise<string>;
};

/** One run of one approved plan. */
export type Execution = {
  readonly incident: IncidentId;
  readonly receipt: ReceiptId;
  readonly plan: Plan;
  readonly repair: Repair;
  readonly expected: ReadonlyMap<ModelName, Expected>;
  readonly signal: AbortSignal;
  /** When the last awaited file came to any node of the plan, milliseconds since the epoch; 0: none has. */
  readonly arrivals: { lastMs: number };
  readonly relays: RelayBoard;
  readonly ahead: BytesAhead;
  /** The standing approval that it runs under; absent: people approved this plan. */
  readonly envelope?: Envelope | undefined;
};

/** A scope's names as this worker's inventory knows them. */
export type ResolvedScope = {
  readonly nodes: readonly Node[];
  readonly models: readonly Model[];
  readonly checks: readonly Check[];
};

/** Finds the nodes, models and checks that a scope names; throws when the sender's inventory was another one. */
export function resolveScope(kit: Kit, scope: Scope, inventory: Sha256): ResolvedScope {
  const current = kit.inventory.current();
  if (current.digest !== inventory) {
    throw new Error(
      'the inventory of this worker is not the one the names were taken from; give both processes the same file and ask again',
    );
  }
  return {
    nodes: scope.nodes.map((name) => named(current.nodes, name, 'node')),
    models: scope.models.map((name) => named(kit.models, name, 'model')),
    checks: scope.checks.map((name) => named(kit.checks, name, 'check')),
  };
}

/** What every look is given, whatever it is at. */
export function eyesOf({ inventory, sessions, hostKeys, digests, limits, daemon, pullFrom, now, self }: Kit) {
  const { nodes } = inventory.current();
  const fleet = nodes.filter(mayHoldModels);
  return {
    coordinator: coordinatorOf(nodes),
    fleet,
    sessions,
    hostKeys,
    digests,
    limits,
    daemon,
    pullFrom,
    now,
    worker: self,
  };
}

/** What medic.yaml allows a node of this provider; undefined: as fast as it goes. */
export function bytesPerSecond(nodeMbit: Kit['nodeMbit'], { provider }: Node): number | undefined {
  const mbit = nodeMbit[provider];
  return mbit === undefined ? undefined : mbit * 125_000;
}

/** The node that models come from. */
function coordinatorOf(nodes: readonly Node[]): Node {
  const found = nodes.find(({ coordinator }) => coordinator);
  if (found === undefined) throw new Error('the inventory has no coordinator');
  return found;
}

/** The one item of that name; a name that a job carries and nobody knows is our bug. */
export function named<T extends { readonly name: string }>(items: readonly T[], name: string, what: string): T {
  const found = items.find((item) => item.name === name);
  if (found === undefined) throw new Error(`no ${what} is called ${name}`);
  return found;
}

/** What each of these models should be, after one look at the source; `copies`: also where its bytes lie, whatever the source holds. */
export async function expectedFor(
  kit: Kit,
  models: readonly Model[],
  { copies = false }: { readonly copies?: boolean | undefined } = {},
): Promise<ReadonlyMap<ModelName, Expected>> {
  const { nodes } = kit.inventory.current();
  const { sessions, sourceLook, records } = kit;
  const expected = await expectedNow({
    models,
    coordinator: coordinatorOf(nodes),
    sessions,
    sourceLook,
    ledger: kit.daemon.ledger,
    records,
    now: kit.now(),
  });
  return withCopies(kit, expected, { models, nodes, always: copies });
}
