import { z } from 'zod';
import { SignedApproval, Yes } from './approval.ts';
import { PlanBeside } from './beside.ts';
import { Sha256 } from './digest.ts';
import { Distrust } from './distrust.ts';
import { DOCTOR_LINES_MAX, DoctorLine } from './doctor-line.ts';
import { SignedGrant } from './envelope.ts';
import { RefusalCode } from './fault.ts';
import { CheckReport } from './finding.ts';
import { IncidentId, Instant, JobName, ModelName, NodeName, PersonId, ReceiptId, RequestId } from './names.ts';
import { Params, Plan, PlanHash } from './plan.ts';
import { PlanSince } from './plan-since.ts';
import { Receipt, TargetResult } from './receipt.ts';
import { TrailMark } from './trail.ts';

/** Where in Slack an incident's thread lives, or is to live. */
export const Place = z.strictObject({ channel: z.string() });
export type Place = z.infer<typeof Place>;

/** One repair by name, whatever is found; `nodes`: only there, absent: on all nodes of the scope. */
export const Wish = z.strictObject({ repair: JobName, params: Params, nodes: z.array(NodeName).optional() });
export type Wish = z.infer<typeof Wish>;

/** What is looked at: all models and nodes by name, so that bot and worker cannot read a pattern differently. */
export const Scope = z.strictObject({
  models: z.array(ModelName).min(1),
  nodes: z.array(NodeName).min(1),
  checks: z.array(JobName).min(1),
});
export type Scope = z.infer<typeof Scope>;

const kind = <const K extends string, const S extends z.ZodRawShape>(name: K, shape: S) =>
  z.strictObject({ kind: z.literal(name), ...shape });

/** One thing that happened. An incident's state, its thread and its receipt are all read off the entries; nothing else is stored. */
export const Event = z.discriminatedUnion('kind', [
  /** A person typed a command or an alert came: the stream begins. `scope` as asked. */
  kind('opened', {
    by: PersonId,
    text: z.string().max(2_000),
    alert: z.string().max(8_000).optional(),
    scope: Scope,
    place: Place.optional(),
    /** Until then nobody is told: the cluster may mend it by itself. */
    quietUntil: Instant.optional(),
    /** Something that is only said: nobody looks and nobody has to do anything. The first line is the news. */
    notice: z.array(z.string().max(500)).min(1).max(61).optional(),
    /** False: a clear look does not say that the alert was wrong. */
    judged: z.boolean().optional(),
    /** Nodes of the inventory that the alert named: while one of them does not answer, nobody calls it right. */
    named: z.array(NodeName).optional(),
  }),
  /** A person asked for a further look, a plan, … in this incident. */
  kind('asked', { by: PersonId, text: z.string().max(2_000) }),
  /** What the process that took the words `doctor` knows without a worker. */
  kind('examined', { by: PersonId, lines: z.array(DoctorLine).max(DOCTOR_LINES_MAX) }),
  kind('check_started', { scope: Scope, fresh: z.boolean() }),
  kind('checked', {
    scope: Scope,
    report: CheckReport,
    ms: z.int().min(0),
    /** Nodes that did not count then, because somebody excluded them. */
    excluded: z.array(NodeName).optional(),
    /** Current digest of each model at this look. */
    expected: z.record(ModelName, z.strictObject({ digest: Sha256, since: Instant, provisional: z.boolean() })),
  }),
  /** The look itself could not be made (our side). */
  kind('check_failed', { detail: z.string() }),
  kind('plan_started', { by: PersonId }),
  /** Plans, most harmful cause first, and what was refused with its reason. Both empty: nothing to do. */
  kind('planned', {
    by: PersonId,
    /** A person wants it although the same repair did not last before. */
    anyway: z.boolean().optional(),
    /** The plans are only named: nobody is asked to approve them. */
    dry: z.boolean().optional(),
    plans: z.array(Plan),
    refusals: z.array(z.strictObject({ code: RefusalCode, text: z.string(), nodes: z.array(NodeName) })),
    /** The one change that was wished for; absent: the repairs of what was found. */
    wish: Wish.optional(),
    /** What people are told beside each plan. */
    beside: z.array(PlanBeside).optional(),
  }),
  kind('plan_failed', { detail: z.string() }),
  /** A prompt exists for this plan. `needed` approvers besides the requester. */
  kind('requested', {
    request: RequestId,
    plan: PlanHash,
    requester: PersonId,
    needed: z.int().min(0),
    notAfter: Instant,
    /** How long the approved plan may then wait for its first step, minutes. */
    runMinutes: z.int().min(1).optional(),
    since: PlanSince.optional(),
  }),
  /** The same plan was asked for again while its prompt stood: the prompt and its approvals go on. */
  kind('renewed', { request: RequestId, by: PersonId }),
  kind('approved', { request: RequestId, by: PersonId, ...Yes.shape }),
  /** Somebody else has looked at a plan for which the glass was broken. */
  kind('reviewed', { request: RequestId, by: PersonId, note: z.string().max(500) }),
  kind('rejected', { request: RequestId, by: PersonId, reason: z.string().max(500) }),
  /** Whoever asked, or an operator who ends the incident's matters, took it back. */
  kind('withdrawn', { request: RequestId, by: PersonId, reason: z.string().max(500) }),
  kind('expired', { request: RequestId }),
  kind('superseded', { request: RequestId, by: PersonId.optional(), because: z.string() }),
  /** What it was made for is so no more: a later look says otherwise. */
  kind('stale', { request: RequestId, because: z.string() }),
  /** Enough people said yes: signed, and handed to the worker. */
  kind('authorized', {
    signed: SignedApproval,
    /** The standing approval that it was taken from. */
    grant: SignedGrant.optional(),
  }),
  kind('refused', { request: RequestId.optional(), by: PersonId, code: RefusalCode, text: z.string() }),
  kind('execution_started', { receipt: ReceiptId, request: RequestId, plan: PlanHash }),
  /** Written before a step; `temporary` is the name of the partial file a transfer writes. */
  kind('step_started', {
    receipt: ReceiptId,
    node: NodeName,
    step: z.string(),
    title: z.string(),
    undo: z.boolean(),
    temporary: z.string().optional(),
  }),
  kind('step_ended', {
    receipt: ReceiptId,
    node: NodeName,
    step: z.string(),
    undo: z.boolean(),
    ok: z.boolean(),
    detail: z.string(),
    ms: z.int(),
  }),
  /** Written before bytes of a step come to its node ahead of its turn, under this temporary name. No change of the node is begun by it. */
  kind('ahead_started', { receipt: ReceiptId, node: NodeName, step: z.string(), temporary: z.string() }),
  /** No more of them comes before the node's turn; `ok`: all of them are there. */
  kind('ahead_ended', {
    receipt: ReceiptId,
    node: NodeName,
    step: z.string(),
    ok: z.boolean(),
    detail: z.string(),
    ms: z.int(),
  }),
  kind('target_ended', { receipt: ReceiptId, result: TargetResult }),
  /** How far a transfer is: at every quarter, and from time to time where it is slow. */
  kind('progress', {
    receipt: ReceiptId,
    node: NodeName,
    percent: z.int().min(0).max(100),
    transport: z.string(),
    /** Of the whole file. */
    bytes: z.int().min(0).optional(),
    /** Since this transport began. */
    bytesPerSecond: z.int().min(0).optional(),
    /** The node's turn has not come. */
    ahead: z.literal(true).optional(),
  }),
  /** A person wants a running execution to end: what is begun is ended or taken back, the rest is left. */
  kind('cancel_requested', { receipt: ReceiptId, by: PersonId }),
  kind('executed', { receipt: Receipt }),
  /** Where the chain of the kept trail stood when it had taken a receipt over. */
  kind('sealed', { receipt: ReceiptId, mark: TrailMark }),
  /** A promotion is under way, or what is wrong is silenced: nothing is told, and it is decided again then. */
  kind('waits', {
    quietUntil: Instant,
    /** The silence that it waits for, in words. */
    silence: z.string().max(500).optional(),
    /** The incident that tells of all that is wrong here. */
    after: IncidentId.optional(),
  }),
  /** More looks were asked for by themselves than may begin in a minute: this one waits for its turn. */
  kind('look_waits', {}),
  /** It is still open and nothing has changed: people are told again. `text`: the news as it was then. */
  kind('retold', { text: z.string().max(300) }),
  /** Nobody has it and nothing was done about it for so many minutes: said once. */
  kind('owner_missed', { minutes: z.int().min(0) }),
  /** The user group that is called, once ever. */
  kind('group_called', { group: z.string().regex(/^S[A-Z0-9]+$/), minutes: z.int().min(0) }),
  /** It was wrong and right again so often that people are told so once, and of each change no more until it is steady. */
  kind('flapping', { times: z.int().min(2), quietUntil: Instant }),
  kind('steady', {}),
  /** Something stands in this incident's stream, or lay in a queue for it, that counts for nothing: it was not put there by those who do. Each told once an incident. */
  kind('set_aside', {
    entry: z.string().max(60),
    why: Distrust,
    says: z.string().max(300),
    /** It was no entry but work in a queue, which nobody began. */
    job: z.enum(['check', 'plan', 'execute']).optional(),
  }),
  /** The same repair was needed for the same cause again and again: it is no cure, and medic does not offer it any more. */
  kind('recurs', { repair: JobName, plan: PlanHash, text: z.string().max(500), receipts: z.array(ReceiptId) }),
  /** Alerts of the same cause came again, so often by now. */
  kind('repeated', { times: z.int().min(1), quietUntil: Instant.optional() }),
  /** The wait is over and something is wrong: from here on people are told. */
  kind('raised', {
    /** One of many causes at once: people are told in that incident. */
    into: IncidentId.optional(),
  }),
  /** Another cause is told here, because there are many at once. */
  kind('joined', { incident: IncidentId, text: z.string().max(300) }),
  /** The wait is over and the look is clear: there is nothing to tell. */
  kind('settled', {}),
  /** A person pinned a message of the thread: its words, masked; `author` wrote it, absent: a bot did. */
  kind('pinned', { by: PersonId, author: PersonId.optional(), saidAt: Instant, text: z.string().min(1).max(1_000) }),
  kind('acknowledged', { by: PersonId }),
  /** A person repairs by hand: no plan of this incident begins before `until`. */
  kind('held', { by: PersonId, until: Instant }),
  kind('released', { by: PersonId }),
  /** A person ended it. `findings` are those known then: it is not called right because of this. */
  kind('closed', { by: PersonId, reason: z.string().max(500), findings: z.array(z.string()) }),
]);
export type Event = z.infer<typeof Event>;
export type EventOf<K extends Event['kind']> = Extract<Event, { kind: K }>;

/** An event as the ledger keeps it. `id` orders entries within their incident and never repeats. */
export type Entry = { readonly id: string; readonly incident: IncidentId; readonly at: Instant; readonly event: Event };

/** What stands in a stream and counts for nothing; `event` where it reads as one. */
export type SetAside = Omit<Entry, 'event'> & {
  readonly why: Distrust;
  /** Whose it says it is; empty: it does not say. */
  readonly key: string;
  readonly event: Event | undefined;
};
