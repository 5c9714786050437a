import type { Yes } from '../domain/approval.ts';
import type { Checkpoint } from '../domain/checkpoint.ts';
import type { DoctorLine } from '../domain/doctor-line.ts';
import type { Place } from '../domain/entry.ts';
import type { EnvelopeId } from '../domain/envelope.ts';
import type { Refusal } from '../domain/fault.ts';
import type { Maintenance } from '../domain/maintenance.ts';
import type { Model } from '../domain/model.ts';
import type { IncidentId, PersonId, RequestId } from '../domain/names.ts';
import type { Plan } from '../domain/plan.ts';
import type { Policy, Right } from '../domain/policy.ts';
import type { Dispatch } from './dispatch.ts';
import type { Inventory } from './inventory.ts';
import type { Ledger } from './ledger.ts';
import type { Misses } from './misses.ts';
import type { Orders } from './orders.ts';
import type { Records } from './records.ts';
import type { KeptTrail, Trail } from './trail.ts';

/** What a command may use. The same in Slack and in the shell; nothing here reaches a node or Slack. */
export type CommandContext = {
  readonly who: PersonId;
  /** The Slack channel the words were typed in; undefined in a shell. */
  readonly place: Place | undefined;
  /** The incident whose thread the words were typed in. */
  readonly incident: IncidentId | undefined;
  readonly cluster: string;
  readonly inventory: Inventory;
  readonly models: readonly Model[];
  readonly policy: Policy;
  readonly ledger: Ledger;
  readonly orders: Orders;
  /** Windows of medic.yaml in which nobody is told. */
  readonly maintenance: readonly Maintenance[];
  /** What was expected when; only workers write it. */
  readonly records: Pick<Records, 'get'>;
  /** Nodes that gave scheduled looks no answer, and how many misses in a row are enough to tell. */
  readonly misses: Pick<Misses, 'all'> & { readonly enough: number };
  readonly dispatch: Dispatch;
  readonly desk: ApprovalDesk;
  readonly now: () => Date;
  readonly newIncidentId: () => IncidentId;
  /** Reads a checkpoint of this machine, never loading it; undefined when the path is no file. Absent in Slack. Throws a Fault. */
  readonly readCheckpoint?: (path: string) => Promise<Checkpoint | undefined>;
  /** What this process, which took the words, finds about Redis, Slack, keys and roles. */
  readonly examine: () => Promise<readonly DoctorLine[]>;
  /** The public half of this shell's own key, as medic.yaml wants it. Absent in Slack. */
  readonly ownPublicHalf?: () => string;
  readonly trail: Trail;
  /** The trail that is kept in this state folder. Absent in Slack. */
  readonly kept?: KeptTrail;
  /** Writes a new file on this machine; the reason why it could not. Absent in Slack. */
  readonly save?: (file: string, text: AsyncIterable<string>) => Promise<string | undefined>;
  /** All commands and checks, for help and for nearest names. */
  readonly commands: readonly Command[];
  readonly checks: readonly {
    readonly name: string;
    readonly summary: string;
    readonly byDefault?: boolean;
    readonly probe?: true;
  }[];
};

/** Makes requests for plans and takes people's decisions on them; appends, signs and dispatches. */
export type ApprovalDesk = {
  /** Makes the prompt for a plan, or lets the one go on that the incident has for the very same plan; undefined: this wish was taken before. */
  request(wish: {
    readonly incident: IncidentId;
    readonly plan: Plan;
    readonly requester: PersonId;
    readonly once: string;
  }): Promise<RequestId | undefined>;
  /** `how`: where it was said, and why alone when it is to run without the approvals it needs. */
  approve(request: RequestId, who: PersonId, how?: Pick<Yes, 'channel' | 'breakGlass'>): Promise<Decision>;
  reject(request: RequestId, who: PersonId, reason: string): Promise<Decision>;
  /** Takes a waiting plan back: whoever asked for it, or an approver. */
  withdraw(request: RequestId, who: PersonId, reason: string): Promise<Decision>;
  /** A yes to a standing approval; `live`: to going live. */
  approveStanding(id: EnvelopeId, who: PersonId, live: boolean): Promise<StandingDecision>;
  /** Ends prompts whose time is over and hands over again what never reached a worker. */
  tend(): Promise<void>;
};

/** What came of a decision: counted, enough to run, ended, or refused with the reason. */
export type Decision =
  | { readonly kind: 'counted'; readonly have: number; readonly needed: number; readonly incident: IncidentId }
  | { readonly kind: 'running'; readonly incident: IncidentId }
  | { readonly kind: 'rejected' | 'withdrawn'; readonly incident: IncidentId }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** What came of a yes to a standing approval; `granted`: it was the second one. */
export type StandingDecision =
  | { readonly kind: 'counted'; readonly have: number }
  | { readonly kind: 'granted'; readonly live: boolean }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** How what a look saw is shown. */
export type LookView = 'findings' | 'matrix' | 'verdicts' | 'sources' | 'diagnosis' | 'quarantine' | 'doctor';

/** The answer to a command: words now, work that was begun, or a refusal. */
export type Reply =
  /** `lines` are plain text, the first one the news; `json` goes to `--json`. */
  | {
      readonly kind: 'said';
      readonly lines: readonly string[];
      readonly json?: Readonly<Record<string, unknown>>;
      /** The same as a document, for a thread where long words would be cut. */
      readonly file?: { readonly name: string; readonly title: string; readonly content: string };
      readonly exit: number;
    }
  /** The story follows in the ledger; a shell waits for this event after the entry `since`, or for the end of the request. */
  | {
      readonly kind: 'begun';
      readonly incident: IncidentId;
      readonly until: 'checked' | 'planned';
      readonly since: string;
      readonly view?: LookView;
    }
  | { readonly kind: 'begun'; readonly incident: IncidentId; readonly until: 'executed'; readonly request: RequestId }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** What a command is about; help lists commands by it. */
export type Topic = 'look' | 'repair' | 'decide' | 'incident' | 'guard' | 'self';

/** A subcommand of `/models`, `@medic` and `npx medic`. */
export type Command = {
  readonly name: string;
  readonly topic: Topic;
  readonly summary: string;
  /** As typed after the program's name: `check [model...] [on <node set>] [--fresh]`. */
  readonly usage: string;
  readonly examples: readonly string[];
  readonly right: Right;
  readonly handle: (words: readonly string[], context: CommandContext) => Promise<Reply>;
};
