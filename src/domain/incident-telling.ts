import type { Entry, EventOf } from './entry.ts';
import type { IncidentId, Instant, NodeName } from './names.ts';

/** Something to be told in the thread: still open, flapping, without an owner, a repair that does not last, or an entry that counts for nothing. */
export type Aside = {
  readonly id: string;
  readonly at: Instant;
  readonly event: EventOf<'retold' | 'flapping' | 'steady' | 'recurs' | 'owner_missed' | 'group_called' | 'set_aside'>;
};

/** Whether and when people are told of an incident, and what they are told of beside its looks and plans. */
export type Telling = {
  /** How often alerts told of it; 0 for what a person asked for. */
  readonly seen: number;
  readonly lastSeenAt: Instant;
  /** When its cause was told first, or first again after it was over; repeats do not move it. */
  readonly toldAt: Instant;
  /** Nobody was told of it yet. */
  readonly untold: boolean;
  /** Causes that are told here, each an incident of its own. */
  readonly joined: readonly EventOf<'joined'>[];
  /** The wait that runs; absent when it was decided. */
  readonly quietUntil?: Instant;
  /** The silence that it waits for, in words; absent: none. */
  readonly silencedBy?: string;
  /** The incident that tells of all that is wrong here; people are told of this one when that one is over. */
  readonly waitsFor?: IncidentId;
  /** Its look waits for its turn. */
  readonly lookWaits: boolean;
  /** Nodes that the alert named. */
  readonly named: readonly NodeName[];
  /** When looks found it wrong after it had been right, since a repair of ours ended last. */
  readonly openings: readonly Instant[];
  /** When a look last found it otherwise than the look before. */
  readonly turnedAt: Instant;
  /** It is told as flapping and every change is kept quiet; `times` it was wrong. */
  readonly flapping?: { readonly times: number; readonly since: Instant };
  /** When something last happened that people were told of. */
  readonly newsAt: Instant;
  /** What is told in the thread beside findings, plans and receipts, in order. */
  readonly asides: readonly Aside[];
};

type Draft = { -readonly [K in keyof Telling]: Telling[K] };

/** Where telling stands at the beginning. */
export function tellingFrom({ alert, quietUntil, named = [] }: EventOf<'opened'>, at: Instant): Telling {
  return {
    seen: alert === undefined ? 0 : 1,
    lastSeenAt: at,
    toldAt: at,
    untold: quietUntil !== undefined,
    lookWaits: false,
    named,
    openings: [],
    turnedAt: at,
    newsAt: at,
    asides: [],
    joined: [],
    ...(quietUntil === undefined ? {} : { quietUntil }),
  };
}

/** What an event changes about it. */
export function tellingAfter(
  draft: Draft,
  {
    id,
    event,
    at,
  }: Pick<Entry, 'id' | 'at'> & {
    readonly event: EventOf<
      | 'repeated'
      | 'waits'
      | 'raised'
      | 'joined'
      | 'settled'
      | 'look_waits'
      | 'check_started'
      | 'retold'
      | 'flapping'
      | 'steady'
      | 'recurs'
      | 'owner_missed'
      | 'group_called'
      | 'set_aside'
    >;
  },
): void {
  switch (event.kind) {
    case 'repeated':
      draft.seen = Math.max(draft.seen, event.times);
      draft.lastSeenAt = at;
      if (event.quietUntil !== undefined) {
        draft.quietUntil = event.quietUntil;
        draft.toldAt = at;
      }
      return;
    case 'waits':
      draft.quietUntil = event.quietUntil;
      delete draft.silencedBy;
      delete draft.waitsFor;
      if (event.silence !== undefined) draft.silencedBy = event.silence;
      if (event.after !== undefined) draft.waitsFor = event.after;
      return;
    case 'raised':
      draft.untold = event.into !== undefined;
      draft.newsAt = at;
      endWait(draft);
      return;
    case 'joined':
      draft.joined = [...draft.joined.filter(({ incident }) => incident !== event.incident), event];
      return;
    case 'settled':
      endWait(draft);
      return;
    case 'look_waits':
      draft.lookWaits = true;
      return;
    case 'check_started':
      draft.lookWaits = false;
      return;
    case 'flapping':
      draft.flapping = { times: event.times, since: at };
      draft.quietUntil = event.quietUntil;
      tellAside(draft, { id, at, event });
      return;
    case 'steady':
      delete draft.flapping;
      delete draft.quietUntil;
      draft.openings = [];
      tellAside(draft, { id, at, event });
      return;
    case 'retold':
    case 'recurs':
    case 'owner_missed':
    case 'group_called':
    case 'set_aside':
      tellAside(draft, { id, at, event });
      return;
  }
}

/** A look found it otherwise than the one before. */
export function turned(draft: Draft & { readonly findings: readonly unknown[] }, wrong: boolean, at: Instant): void {
  if (wrong === draft.findings.length > 0) return;
  draft.turnedAt = at;
  if (wrong) draft.openings = [...draft.openings, at];
}

function endWait(draft: Draft): void {
  delete draft.quietUntil;
  delete draft.silencedBy;
  delete draft.waitsFor;
}

function tellAside(draft: Draft, aside: Aside): void {
  draft.asides = [...draft.asides, aside];
  draft.newsAt = aside.at;
}
