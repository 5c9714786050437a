import type { Entry } from '../domain/entry.ts';
import type { Ledger } from './ledger.ts';

/** Streams of the ledger that are read for one answer, newest first, and how many at once. */
const STREAMS_MAX = 2_000;
const STREAMS_AT_ONCE = 50;

/** What `pick` takes from every stream of the ledger, and a line for people when there are older ones that were not read. */
export async function acrossStreams<T>(
  ledger: Pick<Ledger, 'recent' | 'entries'>,
  pick: (entries: readonly Entry[]) => readonly T[],
): Promise<{ readonly items: T[]; readonly bound: readonly string[] }> {
  const streams = await ledger.recent(STREAMS_MAX);
  const items: T[] = [];
  for (let index = 0; index < streams.length; index += STREAMS_AT_ONCE) {
    const some = await Promise.all(streams.slice(index, index + STREAMS_AT_ONCE).map((id) => ledger.entries(id)));
    for (const entries of some) items.push(...pick(entries));
  }
  const bound =
    streams.length < STREAMS_MAX ? [] : [`  older than the last ${STREAMS_MAX} looks and incidents was not read`];
  return { items, bound };
}
