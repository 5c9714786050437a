import type { Read } from '../contract/fact.ts';
import type { LookContext } from '../contract/job.ts';
import type { Seen } from '../contract/last-seen.ts';
import { type EntryState, stateToken } from '../domain/entry-state.ts';
import { Fault } from '../domain/fault.ts';
import type { Instant } from '../domain/names.ts';
import { type OutsideChange, stateWords } from '../domain/outside.ts';
import type { Kit } from './kit.ts';

const WORDS_MAX = 300;

type Comparing = Pick<Kit, 'lastSeen' | 'measure' | 'ownersLook' | 'now'> & {
  /** When this look began. */
  readonly startedAt: Instant;
  /** What this look has asked the node already. */
  readonly remembered: Read;
};

/** What is otherwise on a node than at the look before while nothing of ours touched it; remembers it as it is now. Of what this look did not read, and of a node that does not answer, nothing is said. */
export async function changedOutside(
  context: LookContext,
  { lastSeen, measure, ownersLook, now, startedAt, remembered }: Comparing,
): Promise<OutsideChange[]> {
  const { node, models } = context;
  const names = [...new Set(models.flatMap(({ canonical, alias }) => [canonical, alias]))];
  const states = await orUndefined(() => measure({ ...context, read: remembered }, names));
  if (states === undefined) return [];
  const [before, touchedAt] = await Promise.all([lastSeen.of(node.name), lastSeen.touchedAt(node.name)]);
  const seen = Object.fromEntries(Object.entries(states).map(([name, state]) => [name, { at: startedAt, state }]));
  await lastSeen.set(node.name, { ...before, ...seen });
  const moved = Object.entries(states).filter(([name, state]) => isOutside(before[name], state, touchedAt));
  if (moved.length === 0) return [];
  const there = moved.flatMap(([name, { kind }]) => (kind === 'absent' ? [] : [name]));
  const owners = there.length === 0 ? undefined : await orUndefined(() => ownersLook(context, there));
  return moved.map(([name, state]) => {
    const owner = owners?.get(name);
    return {
      node: node.name,
      name,
      before: wordsOf(before[name]),
      after: stateWords(state).slice(0, WORDS_MAX),
      since: before[name]?.at ?? startedAt,
      until: now().toISOString(),
      ...(owner === undefined ? {} : { owner }),
    };
  });
}

/** A change of ours since the look before began may be what is seen, so it is not called somebody else's. */
function isOutside(before: Seen | undefined, state: EntryState, touchedAt: Instant | undefined): boolean {
  if (before === undefined || stateToken(before.state) === stateToken(state)) return false;
  return touchedAt === undefined || Date.parse(touchedAt) < Date.parse(before.at);
}

function wordsOf(seen: Seen | undefined): string {
  return seen === undefined ? '' : stateWords(seen.state).slice(0, WORDS_MAX);
}

async function orUndefined<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
}
