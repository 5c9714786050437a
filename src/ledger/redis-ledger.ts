import type { Redis } from 'ioredis';
import type { Ledger } from '../contract/ledger.ts';
import type { Signing } from '../contract/signing.ts';
import { canonicalJson } from '../domain/digest.ts';
import { type Entry, Event, type SetAside } from '../domain/entry.ts';
import { withMaskedWords } from '../domain/masked-words.ts';
import type { IncidentId } from '../domain/names.ts';
import { hashPlan } from '../domain/plan.ts';
import { likenessOf } from '../domain/since-last.ts';
import { createStreamReader } from './read-streams.ts';
import { createRun, pairs } from './signed-rows.ts';
import { createSorter } from './sort-entries.ts';

/** Entries kept in the stream that all processes follow; each incident's own stream is whole. */
export const FOLLOWED_ENTRIES_MAX = 200_000;
/** Plans of one repair and the same models that are remembered. */
const LIKE_MAX = 20;
const ONCE_S = 30 * 24 * 3_600;

// One script, so that an entry, the order of all entries and the indexes can never tell different stories.
const APPEND = `
if ARGV[1] ~= '' and not redis.call('SET', ARGV[1], '1', 'NX', 'EX', ${ONCE_S}) then return false end
local id = redis.call('XADD', KEYS[1], '*', unpack(ARGV, 4))
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ${FOLLOWED_ENTRIES_MAX}, '*', 'incident', ARGV[2], 'id', id, unpack(ARGV, 4))
for _, command in ipairs(cjson.decode(ARGV[3])) do redis.call(unpack(command)) end
return id`;

/**
 * The ledger on Redis streams. `blocking` is a connection of its own for followers: a blocked read holds it. What is not signed by who writes
 * such entries is in no answer but `setAside`; `onSetAside` hears of each such row once.
 */
export function createRedisLedger(given: {
  readonly redis: Redis;
  readonly blocking: () => Redis;
  readonly prefix: string;
  readonly now: () => Date;
  readonly signing: Signing;
  readonly onSetAside?: (aside: SetAside) => void;
}): Ledger {
  const { redis, prefix } = given;
  const options: Options = { ...given, inTurn: createRun(given.signing), sort: createSorter(given) };
  const keys = keysOf(prefix);
  const sorted = createStreamReader({ redis, keyOf: keys.incident, sort: options.sort });
  return {
    append: (incident, event, { once } = {}) => append(options, incident, event, once),
    entries: async (incident) => (await sorted(incident)).entries,
    setAside: async (incident) => (await sorted(incident)).asides,
    follow: (how) => follow(options, how),
    recent: (limit) => redis.zrevrange(keys.recent, 0, limit - 1),
    waiting: (nowMs) => redis.zrangebyscore(keys.waiting, 0, nowMs),
    raisedSince: (atMs) => redis.zcount(keys.raised, atMs, '+inf'),
    incidents: (limit) => redis.zrevrange(keys.incidents, 0, limit - 1),
    pending: async () => incidentsIn(await redis.smembers(keys.pending)),
    unfinished: async () => incidentsIn(await redis.smembers(keys.unfinished)),
    ofRequest: async (request) => (await redis.hget(keys.requests, request)) ?? undefined,
    ofReceipt: async (receipt) => (await redis.hget(keys.receipts, receipt)) ?? undefined,
    async ofLikeness(likeness) {
      const members = await redis.zrevrange(keys.likeness(likeness), 0, LIKE_MAX - 1);
      return members.map((member) => ({ hash: member.slice(0, 64), incident: member.slice(65) }));
    },
    async ofPlan(start) {
      // Members are `<hash> <incident>`, so one range over equal scores is a prefix search.
      const members = await redis.zrangebylex(keys.plans, `[${start}`, `[${start}\xff`);
      const found = members.map((member) => ({ hash: member.slice(0, 64), incident: member.slice(65) }));
      const times = await Promise.all(found.map(({ incident }) => redis.zscore(keys.recent, incident)));
      return found
        .map((one, index) => ({ one, at: Number(times[index] ?? 0) }))
        .toSorted((a, b) => b.at - a.at)
        .map(({ one }) => one);
    },
  };
}

type Options = Parameters<typeof createRedisLedger>[0] & {
  readonly inTurn: ReturnType<typeof createRun>;
  readonly sort: ReturnType<typeof createSorter>;
};

function keysOf(prefix: string) {
  return {
    incident: (id: string) => `${prefix}:incident:${id}`,
    all: `${prefix}:all`,
    recent: `${prefix}:recent`,
    incidents: `${prefix}:incidents`,
    waiting: `${prefix}:waiting`,
    raised: `${prefix}:raised`,
    pending: `${prefix}:pending`,
    unfinished: `${prefix}:unfinished`,
    requests: `${prefix}:requests`,
    receipts: `${prefix}:receipts`,
    plans: `${prefix}:plans`,
    likeness: (digest: string) => `${prefix}:like:${digest}`,
  };
}

async function append(
  { redis, prefix, now, inTurn }: Options,
  incident: IncidentId,
  event: Event,
  once: string | undefined,
): Promise<Entry | undefined> {
  const keys = keysOf(prefix);
  const stored = withMaskedWords(Event.parse(event));
  const text = canonicalJson(stored);
  const onceKey = once === undefined ? '' : `${prefix}:once:${once}`;
  return inTurn(async (fieldsOf) => {
    const at = now();
    const marks = JSON.stringify(marksOf(prefix, incident, event, at));
    const fields = fieldsOf({ stream: incident, at: at.toISOString(), text });
    const streams = [keys.incident(incident), keys.all] as const;
    const id: unknown = await redis.eval(APPEND, 2, ...streams, onceKey, incident, marks, ...fields);
    return typeof id === 'string' ? { id, incident, at: at.toISOString(), event: stored } : undefined;
  });
}

/** What the indexes learn from an event, as Redis commands. */
function marksOf(prefix: string, incident: IncidentId, event: Event, at: Date): string[][] {
  const keys = keysOf(prefix);
  switch (event.kind) {
    case 'opened':
      return [
        ['ZADD', keys.recent, String(at.getTime()), incident],
        ...(event.alert === undefined ? [] : [['ZADD', keys.incidents, String(at.getTime()), incident]]),
        ...waitMarks(keys.waiting, incident, event.quietUntil),
      ];
    case 'repeated':
      return waitMarks(keys.waiting, incident, event.quietUntil);
    case 'waits':
      return waitMarks(keys.waiting, incident, event.quietUntil);
    case 'raised':
      return [
        ['ZREM', keys.waiting, incident],
        ['ZADD', keys.raised, String(at.getTime()), incident],
      ];
    case 'settled':
    case 'steady':
      return [['ZREM', keys.waiting, incident]];
    case 'flapping':
      return waitMarks(keys.waiting, incident, event.quietUntil);
    case 'checked':
      if (event.report.findings.length === 0) return [];
      return [['ZADD', keys.incidents, 'NX', String(at.getTime()), incident]];
    case 'planned':
      return event.plans.flatMap((plan) => {
        const [member, like] = [`${hashPlan(plan)} ${incident}`, keys.likeness(likenessOf(plan))];
        return [
          ['ZADD', keys.plans, '0', member],
          ['ZADD', like, String(at.getTime()), member],
          ['ZREMRANGEBYRANK', like, '0', String(-LIKE_MAX - 1)],
        ];
      });
    case 'requested':
      return [
        ['HSET', keys.requests, event.request, incident],
        ['SADD', keys.pending, `${incident} ${event.request}`],
      ];
    case 'rejected':
    case 'expired':
    case 'superseded':
    case 'withdrawn':
    case 'stale':
      return [['SREM', keys.pending, `${incident} ${event.request}`]];
    case 'refused':
      return event.request === undefined ? [] : [['SREM', keys.pending, `${incident} ${event.request}`]];
    case 'execution_started':
      return [
        ['SREM', keys.pending, `${incident} ${event.request}`],
        ['HSET', keys.receipts, event.receipt, incident],
        ['SADD', keys.unfinished, `${incident} ${event.receipt}`],
      ];
    case 'executed':
      return [['SREM', keys.unfinished, `${incident} ${event.receipt.id}`]];
    case 'asked':
    case 'pinned':
    case 'examined':
    case 'look_waits':
    case 'retold':
    case 'recurs':
    case 'owner_missed':
    case 'group_called':
    case 'set_aside':
    case 'check_started':
    case 'check_failed':
    case 'plan_started':
    case 'plan_failed':
    case 'approved':
    case 'reviewed':
    case 'renewed':
    case 'authorized':
    case 'step_started':
    case 'step_ended':
    case 'ahead_started':
    case 'ahead_ended':
    case 'target_ended':
    case 'progress':
    case 'sealed':
    case 'cancel_requested':
    case 'joined':
    case 'acknowledged':
    case 'held':
    case 'released':
    case 'closed':
      return [];
  }
}

function waitMarks(key: string, incident: IncidentId, until: string | undefined): string[][] {
  return until === undefined ? [] : [['ZADD', key, String(Date.parse(until)), incident]];
}

async function follow(
  { blocking, prefix, sort }: Options,
  { cursor, signal, onEntry }: Parameters<Ledger['follow']>[0],
): Promise<void> {
  const redis = blocking();
  const stop = () => redis.disconnect();
  signal.addEventListener('abort', stop);
  let last = cursor ?? '0';
  const seen = new Map<string, number>();
  try {
    // '$' would be read anew by every XREAD, and lose what comes between two of them.
    if (last === '$') last = (await redis.xrevrange(keysOf(prefix).all, '+', '-', 'COUNT', 1))[0]?.[0] ?? '0';
    while (!signal.aborted) {
      const answer = await redis.xread('COUNT', 200, 'BLOCK', 5_000, 'STREAMS', keysOf(prefix).all, last);
      for (const [id, fields] of answer?.[0]?.[1] ?? []) {
        const { id: entryId = '', incident = '', ...rest } = pairs(fields);
        const row = sort(incident, entryId, rest, seen);
        if (!('why' in row)) await onEntry(row, id);
        last = id;
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    redis.disconnect();
  }
}

function incidentsIn(members: readonly string[]): IncidentId[] {
  return [...new Set(members.map((member) => member.split(' ')[0] ?? ''))];
}
