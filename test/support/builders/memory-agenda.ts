import { type Agenda, placeInRow } from '../../../src/contract/agenda.ts';
import type { UnaskedLook } from '../../../src/contract/dispatch.ts';

/** An agenda in memory; passes the same suite as the one on Redis. */
export function createMemoryAgenda(): Agenda {
  const due = new Map<string, number>();
  const turns = new Map<number, number>();
  const row = new Map<string, UnaskedLook>();
  return {
    plan: async (incident, atMs) => void due.set(incident, atMs),
    due: async (nowMs) => [...due].flatMap(([incident, atMs]) => (atMs <= nowMs ? [incident] : [])),
    drop: async (incident) => void due.delete(incident),
    async takeTurn(minute, max) {
      turns.set(minute, (turns.get(minute) ?? 0) + 1);
      return (turns.get(minute) ?? 0) <= max;
    },
    async queue(job) {
      const isNew = !row.has(placeInRow(job));
      row.set(placeInRow(job), job);
      return isNew;
    },
    queued: async () => [...row.values()],
    unqueue: async (job) => void row.delete(placeInRow(job)),
  };
}
