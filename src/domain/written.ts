import { createHash } from 'node:crypto';
import type { Sha256 } from './digest.ts';
import type { Event } from './entry.ts';
import type { Instant, PersonId } from './names.ts';
import type { Order } from './standing.ts';

/** The programs that write entries and orders. */
type Program = 'bot' | 'worker' | 'shell';

/** What is signed of each entry: where it stands, when, its text, and which one of a writer's run it is, so that none is moved, repeated or missed. */
export type Written = {
  readonly kind: 'entry';
  readonly cluster: string;
  /** An incident, or `orders`. */
  readonly stream: string;
  readonly at: Instant;
  /** Digest of the text as it is stored. */
  readonly text: Sha256;
  /** `bot`, `shell`, `worker-<16 hex digits>`, or a person's own key, `key:alice`. */
  readonly key: string;
  /** One process' time on one of the two kinds of streams. */
  readonly run: string;
  /** From 1 on, without gaps. */
  readonly number: number;
};

/** The queues in which work waits for a worker. */
export type Work = 'check' | 'plan' | 'execute';

/** What is signed of each job: its queue, its id there, since when, and its bytes, so that none is altered, moved or put in again. */
export type Posted = {
  readonly kind: 'job';
  readonly cluster: string;
  /** With the shell call whose queue it is, if it is one's own. */
  readonly queue: string;
  readonly id: string;
  readonly at: Instant;
  readonly job: Sha256;
  readonly key: string;
};

const DESK = ['bot', 'shell'] as const;

/** Which programs write which entries. A worker decides nothing, and nobody but a worker says what happened on a node. */
const WRITERS: Readonly<Record<Event['kind'], readonly Program[]>> = {
  opened: DESK,
  asked: DESK,
  check_started: ['worker'],
  checked: ['worker'],
  check_failed: ['worker', 'bot'],
  plan_started: ['worker'],
  planned: ['worker'],
  plan_failed: ['worker'],
  requested: DESK,
  renewed: DESK,
  approved: DESK,
  reviewed: DESK,
  rejected: DESK,
  withdrawn: DESK,
  expired: DESK,
  superseded: DESK,
  stale: DESK,
  authorized: DESK,
  refused: ['bot', 'shell', 'worker'],
  execution_started: ['worker'],
  step_started: ['worker'],
  step_ended: ['worker'],
  ahead_started: ['worker'],
  ahead_ended: ['worker'],
  target_ended: ['worker'],
  progress: ['worker'],
  cancel_requested: DESK,
  executed: ['worker'],
  sealed: DESK,
  waits: DESK,
  look_waits: ['bot'],
  retold: ['bot'],
  owner_missed: ['bot'],
  group_called: ['bot'],
  flapping: ['bot'],
  steady: ['bot'],
  recurs: DESK,
  repeated: ['bot'],
  raised: ['bot'],
  joined: ['bot'],
  settled: ['bot'],
  pinned: ['bot'],
  acknowledged: DESK,
  held: DESK,
  released: DESK,
  closed: DESK,
  set_aside: ['bot', 'worker'],
  examined: DESK,
};

/** Acts of one person: they count only from the program through whose door that person came. */
const ACTS: ReadonlySet<string> = new Set([
  'approved',
  'reviewed',
  'rejected',
  'withdrawn',
  'cancel_requested',
  'pinned',
  'acknowledged',
  'held',
  'released',
  'closed',
  'envelope_approved',
  'locked',
  'unlocked',
] satisfies (Event['kind'] | Order['kind'])[]);

/** Whether the holder of this key writes such entries. */
export function mayWrite(key: string, event: Event): boolean {
  const program = programOf(key);
  return program !== undefined && WRITERS[event.kind].includes(program) && speaksFor(key, event);
}

/** Whether the holder of this key gives such orders: a worker stops things, counts, and says that the look has ended after which nodes count again. */
export function mayOrder(key: string, order: Order): boolean {
  const program = programOf(key);
  if (program === undefined) return false;
  // A person's own shell is no place where others decide: what it has read is its own matter.
  if (order.kind === 'configured')
    return order.side === 'worker' ? program === 'worker' : key === 'bot' || key === 'shell';
  if (program !== 'worker') return order.kind !== 'unverified' && speaksFor(key, order);
  if (order.kind === 'included') return order.after === undefined;
  return order.kind === 'unverified' || order.kind === 'envelope_stopped' || (order.kind === 'readonly' && order.on);
}

/** Whether the holder of this key hands out work, in the name of this person where it is in somebody's: a worker asks for none. */
export function mayPost(key: string, by: PersonId | undefined): boolean {
  const program = programOf(key);
  return program !== undefined && program !== 'worker' && isTheirs(key, by);
}

/** Orders that only forbid: they hold although nobody signed them, because an update must not lift a lock. */
export function onlyForbids(order: Order): boolean {
  return order.kind === 'locked' || order.kind === 'envelope_stopped' || (order.kind === 'readonly' && order.on);
}

/** Digest of a stored text. */
export function textDigest(text: string): Sha256 {
  return createHash('sha256').update(text).digest('hex');
}

function programOf(key: string): Program | undefined {
  if (key === 'bot' || key === 'shell') return key;
  if (key.startsWith('key:')) return 'shell';
  return key.startsWith('worker-') ? 'worker' : undefined;
}

function speaksFor(key: string, said: { readonly kind: string; readonly by?: PersonId | undefined }): boolean {
  return !ACTS.has(said.kind) || isTheirs(key, said.by);
}

function isTheirs(key: string, by: PersonId | undefined): boolean {
  if (by === undefined) return true;
  const byShell = /^(?:cli|key):/.test(by);
  if (key === 'bot') return !byShell;
  return key === 'shell' ? byShell : key === by;
}
